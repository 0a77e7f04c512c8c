package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

func TestRecordTellsWhatWasOrdered(t *testing.T) {
	h := newHarness(t, setup{})
	got := h.create("Web-1")
	for name, want := range map[string]any{
		"hostname": "Web-1", "is_active": 1.0, "in_pcs": 0.0, "cpu": 2.0, "ram": 4096.0, "ssd": 80.0, "projectId": 71128.0,
		"dcIdentifier": catalogue.Datacenters[0].Identifier, "state": "Uusimaa", "initial_password": "root-password",
		"default_ip": "198.18.0.1", "publicIp": "198.18.0.1", "private_ip": "10.20.0.1", "default_ipv6": nil,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

func TestFlagsOfTheWrongTypeAreIgnoredUnderOnePrefixOnly(t *testing.T) {
	numbers := func(fields map[string]any) { fields["addPublicIpV4"], fields["addPrivateIp"] = 1, true }
	tests := map[string]string{"/api/v2/vm": "", "/apps/v2/vm": "198.18.0.1"}
	for path, want := range tests {
		t.Run(path, func(t *testing.T) {
			h := newHarness(t, setup{})
			if got := h.post(path, body("w1", numbers)); got.text != `{"error":false,"data":true}` {
				t.Fatalf("create: %s", got.text)
			}
			if got := h.awaitListed("w1")["default_ip"]; got != want {
				t.Errorf("default_ip %q, want %q", got, want)
			}
		})
	}
}

func TestPasswordIsGeneratedWhenNoneIsGiven(t *testing.T) {
	h := newHarness(t, setup{})
	h.post("/api/v2/vm", body("w1", func(fields map[string]any) { delete(fields, "vmPassword") }))
	if got, _ := h.awaitListed("w1")["initial_password"].(string); len(got) < 16 {
		t.Errorf("initial_password has %d characters, want a generated one", len(got))
	}
}

func TestCreationsAreRefused(t *testing.T) {
	set := func(field string, value any) func(map[string]any) {
		return func(fields map[string]any) { fields[field] = value }
	}
	const malformed = `{"error":true,"code":400,"message":"lost in the clouds"}`
	tests := map[string]struct {
		change func(map[string]any)
		status int
		text   string
	}{
		"no host name":    {set("hostname", ""), 400, malformed},
		"no project":      {set("projectId", ""), 400, malformed},
		"numeric project": {set("projectId", 71128), 400, malformed},
		"no plan":         {set("resourceIdentifier", ""), 400, malformed},
		"plan not sold": {
			set("resourceIdentifier", "00000008-5a11-11f0-a000-000000000001"), 400,
			`{"error":true,"code":400,"message":"Resource is not available in the selected datacenter"}`,
		},
		"unknown data centre": {set("dcIdentifier", "x"), 404, `{"error":true,"code":404,"message":"Datacenter not found"}`},
		"unknown image":       {set("osIdentifier", "x"), 404, `{"error":true,"code":404,"message":"Operating system not found"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, setup{})
			if got := h.post("/api/v2/vm", body("w1", test.change)); got.status != test.status || got.text != test.text {
				t.Errorf("got %d %s, want %d %s", got.status, got.text, test.status, test.text)
			}
			if len(h.cloud.All()) != 0 {
				t.Error("a refused creation left a machine")
			}
		})
	}
}

func TestMachineLimitAnswersLikeTheWorkerLimit(t *testing.T) {
	h := newHarness(t, setup{cloud: cloud.Options{MachineLimit: 1}})
	h.create("w1")
	got := h.post("/api/v2/vm", body("w2", nil))
	want := `{"error":true,"code":500,"message":"Virtual machines count exceeds the allowed limit 1","type":false}`
	if got.status != 500 || got.text != want {
		t.Errorf("got %d %s, want 500 %s", got.status, got.text, want)
	}
}

func TestTwoMachinesMayHaveTheSameName(t *testing.T) {
	h := newHarness(t, setup{})
	first := h.create("w1")["identifier"]
	h.create("w1")
	for h.t.Context().Err() == nil {
		if listed := rows(t, h.get("/api/v2/vm")); len(listed) == 2 {
			if listed[1]["hostname"] != "w1" || listed[1]["identifier"] == first {
				t.Errorf("second machine %v", listed[1])
			}
			return
		}
	}
}

func TestListFiltersByProject(t *testing.T) {
	h := newHarness(t, setup{})
	h.create("w1")
	for project, want := range map[string]int{"71128": 1, "71129": 0} {
		if got := rows(t, h.get("/api/v2/vm?projectId="+project)); len(got) != want {
			t.Errorf("project %s has %d machines, want %d", project, len(got), want)
		}
	}
}

func TestListsAreCutIntoPagesWithTheTotalOfAll(t *testing.T) {
	h := newHarness(t, setup{api: httpapi.Options{PageSize: 2}})
	for _, hostname := range []string{"w1", "w2"} {
		h.create(hostname)
	}
	h.post("/api/v2/vm", body("w3", nil))
	for h.get("/api/v2/vm").json["total"] != 3.0 {
	}
	for query, want := range map[string][]string{
		"": {"w1", "w2"}, "?limit=1": {"w1"}, "?offset=2": {"w3"}, "?offset=1&limit=9": {"w2", "w3"}, "?offset=7": nil, "?offset=-1": {"w1", "w2"},
	} {
		got := h.get("/api/v2/vm" + query)
		var names []string
		for _, record := range rows(t, got) {
			names = append(names, record["hostname"].(string))
		}
		if diff := cmp.Diff(want, names); diff != "" || got.json["total"] != 3.0 {
			t.Errorf("query %q: total %v, rows (-want +got):\n%s", query, got.json["total"], diff)
		}
	}
}

func TestDeletionShowsAsBusyAndThenAsNotFound(t *testing.T) {
	h := newHarness(t, setup{cloud: cloud.Options{Latencies: cloud.Latencies{Gone: slow.Latencies.Build}}})
	identifier, _ := h.create("w1")["identifier"].(string)
	remove := `{"vmIdentifier":"` + identifier + `","password":"root-password","deleteStatistic":{"reason":"autoscaler","note":""}}`
	for _, attempt := range []string{"first", "second"} {
		if got := h.send(http.MethodDelete, "/api/v2/vm", "application/json", remove); got.text != `{"error":false,"data":true}` {
			t.Errorf("%s deletion: %d %s", attempt, got.status, got.text)
		}
	}
	if got := rows(t, h.get("/api/v2/vm"))[0]; got["in_pcs"] != 1.0 || got["power"] != 0.0 {
		t.Errorf("in_pcs %v and power %v while being deleted, want 1 and 0", got["in_pcs"], got["power"])
	}
	h.cloud.DeleteOutside("w1")
	got := h.send(http.MethodDelete, "/api/v2/vm", "application/json", remove)
	if want := `{"error":true,"code":404,"message":"Virtual machine not found"}`; got.status != 404 || got.text != want {
		t.Errorf("got %d %s, want 404 %s", got.status, got.text, want)
	}
	if got := h.get("/api/v2/vm/" + identifier); got.status != 200 || got.text != `{"error":false,"data":false}` {
		t.Errorf("reading a machine that is gone: %d %s", got.status, got.text)
	}
}

func TestBodiesThatCannotBeUsed(t *testing.T) {
	h := newHarness(t, setup{})
	for name, test := range map[string]struct {
		method, body string
		status       int
	}{
		"creation that is no JSON":      {http.MethodPost, "hostname=w1", 400},
		"deletion that is no JSON":      {http.MethodDelete, "w1", 400},
		"deletion of nothing":           {http.MethodDelete, "{}", 400},
		"creation that is much too big": {http.MethodPost, body(strings.Repeat("x", 1<<20), nil), 413},
	} {
		if got := h.send(test.method, "/api/v2/vm", "application/json", test.body); got.status != test.status || got.json["error"] != true {
			t.Errorf("%s: %d %s, want %d and error:true", name, got.status, got.text, test.status)
		}
	}
}

func TestUnknownRoutesAreNotFound(t *testing.T) {
	h := newHarness(t, setup{})
	for _, path := range []string{"/", "/v2/vm", "/apps/v2/offerings", "/sim/calls"} {
		if got := h.get(path); got.status != 404 || got.text != `{"error":true,"code":404,"message":"Not found"}` {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
}
