package httpapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// awaitPower asks until the machine has the power; without latencies that takes a moment.
func (h *harness) awaitPower(hostname string, power float64) {
	h.t.Helper()
	for h.t.Context().Err() == nil {
		if h.awaitListed(hostname)["power"] == power {
			return
		}
	}
	h.t.Fatalf("%s never has power %v", hostname, power)
}

func TestStatusFollowsThePower(t *testing.T) {
	h := newHarness(t, setup{})
	id, _ := h.create("w1")["identifier"].(string)
	h.awaitPower("w1", 1)
	for _, step := range []struct {
		change, status, agent string
		power                 float64
	}{
		{"restart", "running", "true", 1},
		{"stop", "stopped", "false", 0},
		{"start", "running", "true", 1},
	} {
		if got := h.post("/apps/v2/vm/"+step.change, `{"vmIdentifier":"`+id+`"}`); got.text != accepted {
			t.Errorf("%s: %s", step.change, got.text)
		}
		for h.cloud.Listed()[0].Busy && t.Context().Err() == nil {
		}
		h.awaitPower("w1", step.power)
		status, _ := h.get("/api/v2/vm/status/" + id).json["data"].(object)
		if status["status"] != step.status {
			t.Errorf("after %s: status %v, want %s", step.change, status["status"], step.status)
		}
		if got := h.get("/apps/v2/vm/live/agent/status/" + id); got.text != `{"error":false,"data":`+step.agent+`}` {
			t.Errorf("after %s: agent %s", step.change, got.text)
		}
	}
	want := object{
		"cpu": "number", "ballon": "number", "uptime": "number", "pid": "string", "disk": "number", "running-machine": "string",
		"running-qemu": "string", "status": "string", "diskread": "string", "diskwrite": "string", "fullname": "string",
	}
	if diff := cmp.Diff(object{"error": "bool", "data": want}, shape(h.get("/api/v2/vm/status/"+id).json)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStatusOfWhatIsNotThere(t *testing.T) {
	h := newHarness(t, setup{})
	for _, path := range []string{"/api/v2/vm/status/x", "/api/v2/vm/live/agent/status/x", "/api/v2/vm/x"} {
		if got := h.get(path); got.status != 200 || got.text != `{"error":false,"data":false}` {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	if got := h.post("/api/v2/vm/stop", `{"vmIdentifier":"x"}`); got.status != 404 {
		t.Errorf("stop: %d %s", got.status, got.text)
	}
}

func TestAccountTellsItsProjectLimitsAndUsages(t *testing.T) {
	h := newHarness(t, setup{})
	h.create("w1")
	project := object{
		"id": "number", "identifier": "string", "name": "string", "description": "string", "is_default": "number", "created_on": "string",
		"updated_at": "string", "created_by": "number",
	}
	usage := object{
		"entity_type": "string", "entity_id": "number", "entity_name": "string", "product_id": "number", "quantity": "number", "unit": "string",
		"price": "string", "cost_value": "string", "cost_value_month": "string", "start_date": "string", "end_date": "null",
	}
	for path, want := range map[string]object{
		"/projects": {"error": "bool", "data": object{"rows": []any{project}, "count": "number"}},
		"/billing/estimated/usages": {"error": "bool", "data": []any{usage}, "balanceData": object{
			"current_balance": "string", "balance_charged": "string", "monthly_charge": "string", "actual_monthly_charge": "string",
			"is_post_paid": "number",
		}},
		"/profile/product/limits": {"error": "bool", "data": object{
			"backups_Limit": "number", "snapshot_Limit": "number", "firewall_Limit": "number", "buckets_Limit": "number",
			"certificates_Limit": "number", "dns_domains_Limit": "number",
		}},
	} {
		if diff := cmp.Diff(want, shape(h.get("/apps/v2"+path).json)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	row := rows(t, h.get("/apps/v2/billing/estimated/usages"))[0]
	if row["entity_name"] != "w1" || row["cost_value"] != "0.022222" || row["cost_value_month"] != "16.000000" {
		t.Errorf("usage %v", row)
	}
	if got := h.get("/apps/v2/projects/x"); got.text != `{"error":false,"data":false}` {
		t.Errorf("unknown project: %s", got.text)
	}
	if one, _ := h.get("/apps/v2/projects/0000b001-5a11-11f0-a000-000000000001").json["data"].(object); one["name"] != "Default" {
		t.Errorf("project %v", one)
	}
}
