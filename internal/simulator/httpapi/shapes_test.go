package httpapi_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

type object = map[string]any

// machineShape is a machine record of an order without optional fields.
func machineShape() object {
	fields := object{}
	for _, name := range []string{
		"id", "nr_added_ips", "cpu", "ram", "ssd", "traffic", "boxsize_id", "boximage_id", "datacenter_id", "node_id", "projectId",
		"user_id", "is_active", "power", "is_locked", "is_suspended", "boxes_suspended", "is_terminated", "is_deleted", "in_pcs",
		"last_action_in_min", "is_autobackup", "weekly_backup", "monthly_backup", "daily_snapshot", "weekly_snapshot", "monthly_snap",
		"is_custom", "is_fip_available", "is_bucket_available", "is_sata_available", "is_ssd_available",
	} {
		fields[name] = "number"
	}
	for _, name := range []string{
		"identifier", "hostname", "default_ip", "private_ip", "publicIp", "dcIdentifier", "box_virtualization_id", "firstname", "lastname",
		"username", "created_on", "last_updated", "initial_password", "state", "category", "fullname", "vmDescription", "vmType",
	} {
		fields[name] = "string"
	}
	for _, name := range []string{
		"default_ipv6", "added_ip_addresses", "dropped_on", "last_action_date", "notes", "script_id", "sshkey_id", "custom_price",
	} {
		fields[name] = "null"
	}
	return fields
}

var planShape = object{
	"identifier": "string", "nickname": "string", "cpu": "number", "ram": "number", "ssd": "number", "traffic": "number",
	"price": "number", "net_speed": "number",
}

var datacenterShape = object{
	"identifier": "string", "dc_name": "string", "state": "string", "country": "string", "dc_image": "string", "is_active": "number",
	"is_deleted": "number", "is_private": "number", "default_selected": "number", "is_fip_available": "number", "is_bucket_available": "number",
}

var attachableShape = object{
	"identifier": "string", "hostname": "string", "datacenter_id": "number", "dcIdentifier": "string", "default_ip": "string",
	"default_ipv6": "null", "private_ip": "string", "ssd": "number", "state": "string", "fullname": "string", "category": "string",
	"type": "string",
}

var pendingShape = object{
	"id": "string", "user": object{"id": "number", "username": "string"}, "user_id": "number", "running": "number", "type": "string",
	"data": object{
		"resourceIdentifier": "string", "osIdentifier": "string", "dcIdentifier": "string", "hostname": "string",
		"addPublicIpV4": "bool", "addPublicIpV6": "bool", "addPrivateIp": "bool", "backupEnabled": "bool", "weeklyBackupEnabled": "bool",
		"monthlyBackupEnabled": "bool", "tags": []any{"string"}, "projectId": "number", "vmPassword": "string", "processId": "string",
		"sshKeyIdentifier": "null", "scriptIdentifier": "null", "isGeneratedPassword": "bool", "requestIp": "string",
		"isCreateFromLibrary": "bool",
	},
	"resourceData": planShape, "datacenter": []any{datacenterShape},
	"osData": object{"identifier": "string", "fullname": "string", "category": "string"},
}

func list(rows ...any) object {
	return object{"error": "bool", "data": append([]any{}, rows...), "total": "number"}
}

func TestShapesOfAListedMachineUnderBothPrefixes(t *testing.T) {
	h := newHarness(t, setup{})
	identifier, _ := h.create("w1")["identifier"].(string)
	for _, prefix := range []string{"/apps/v2", "/api/v2"} {
		for path, want := range map[string]object{
			"/vm":           list(machineShape()),
			"/vms/all/user": list(machineShape()),
			"/storages/vms": list(attachableShape),
			"/vm/pending":   list(),
			"/vm/" + identifier: {"error": "bool", "data": object{
				"vmData": machineShape(), "imageCategories": []any{}, "privateIpData": []any{}, "floatingIpData": []any{},
				"vmTags": []any{object{"name": "string", "entity_id": "number", "entity_type": "string"}},
			}},
			"/datacenter":     list(datacenterShape, datacenterShape, datacenterShape),
			"/plans/category": {"error": "bool", "data": repeat(object{"identifier": "string", "name": "string"}, 5)},
		} {
			got := h.get(prefix + path)
			if got.status != http.StatusOK {
				t.Errorf("%s%s: status %d", prefix, path, got.status)
			}
			if diff := cmp.Diff(want, shape(got.json)); diff != "" {
				t.Errorf("%s%s (-want +got):\n%s", prefix, path, diff)
			}
		}
	}
}

func repeat(item any, n int) []any {
	items := []any{}
	for range n {
		items = append(items, item)
	}
	return items
}

func TestPendingOrdersEchoTheRequestWithBooleans(t *testing.T) {
	h := newHarness(t, setup{cloud: slow})
	h.post("/api/v2/vm", body("w1", nil))
	got := h.get("/apps/v2/vm/pending")
	if diff := cmp.Diff(list(pendingShape), shape(got.json)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	data, _ := rows(t, got)[0]["data"].(object)
	for name, want := range map[string]any{
		"hostname": "w1", "addPublicIpV4": true, "addPublicIpV6": false, "addPrivateIp": true, "projectId": 71128.0,
		"vmPassword": "root-password", "isGeneratedPassword": false,
	} {
		if data[name] != want {
			t.Errorf("%s is %v, want %v", name, data[name], want)
		}
	}
	if listed := rows(t, h.get("/api/v2/vm")); len(listed) != 0 {
		t.Errorf("a pending machine is listed: %v", listed)
	}
}

func planQuery(category string) url.Values {
	return url.Values{
		"dcIdentifier":      {catalogue.Datacenters[1].Identifier},
		"osIdentifier":      {catalogue.Image.Identifier},
		"planCatIdentifier": {category},
		"name":              {"query"}, "description": {"query"}, "isCustom": {"0"},
	}
}

func TestPlansOfACategoryAtThePricesOfTheDatacenter(t *testing.T) {
	h := newHarness(t, setup{})
	got := h.plans(planQuery(catalogue.Categories[0].Identifier))
	if diff := cmp.Diff(object{"error": "bool", "data": []any{planShape, planShape}}, shape(got.json)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plan := rows(t, got)[0]; plan["nickname"] != "A-Advanced-2" || plan["price"] != 16.8 || plan["ram"] != 4096.0 {
		t.Errorf("plan %v, want A-Advanced-2 with 4096 MB for 16.8", plan)
	}
}

func TestPlanQueriesThatFindNothing(t *testing.T) {
	h := newHarness(t, setup{})
	some := catalogue.Categories[0].Identifier
	without := func(field string) url.Values { q := planQuery(some); q.Del(field); return q }
	with := func(field string) url.Values { q := planQuery(some); q.Set(field, "unknown"); return q }
	tests := map[string]struct {
		query  url.Values
		status int
		text   string
	}{
		"empty category":      {planQuery(catalogue.Categories[4].Identifier), 200, `{"error":false,"data":[]}`},
		"unknown category":    {with("planCatIdentifier"), 200, `{"error":false,"data":[]}`},
		"no category":         {without("planCatIdentifier"), 400, `{"error":true,"code":400,"message":"lost in the clouds"}`},
		"no image":            {without("osIdentifier"), 400, `{"error":true,"code":400,"message":"lost in the clouds"}`},
		"no data centre":      {without("dcIdentifier"), 400, `{"error":true,"code":400,"message":"lost in the clouds"}`},
		"unknown data centre": {with("dcIdentifier"), 404, `{"error":true,"code":404,"message":"Datacenter not found"}`},
		"unknown image":       {with("osIdentifier"), 404, `{"error":true,"code":404,"message":"Operating system not found"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := h.plans(test.query); got.status != test.status || got.text != test.text {
				t.Errorf("got %d %s, want %d %s", got.status, got.text, test.status, test.text)
			}
		})
	}
	json := h.post("/apps/v2/resources", `{"dcIdentifier":"x","osIdentifier":"y","planCatIdentifier":"z"}`)
	if want := `{"error":true,"code":400,"message":"lost in the clouds"}`; json.status != 400 || json.text != want {
		t.Errorf("JSON body: got %d %s, want 400 %s", json.status, json.text, want)
	}
}
