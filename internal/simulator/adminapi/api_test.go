package adminapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/adminapi"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

// desk is a control desk on an empty cloud.
func desk(t *testing.T) adminapi.Desk {
	t.Helper()
	c := cloud.New(cloud.Options{})
	t.Cleanup(c.Close)
	return adminapi.Desk{Cloud: c, Calls: &httpapi.CallLog{}, Faults: faults.NewSet(1)}
}

// call returns status and body of a call.
func call(d adminapi.Desk, method, path, body string) (int, string) {
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func create(t *testing.T, d adminapi.Desk) {
	t.Helper()
	_, _, err := d.Cloud.Create(cloud.Order{
		Hostname: "w1", PlanID: "00000004-5a11-11f0-a000-000000000001", ImageID: catalogue.Image.Identifier,
		DatacenterID: catalogue.Datacenters[0].Identifier, Password: "root-password", UserData: "dXNlci1kYXRh",
	})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func TestMachinesAreShownWithTheirTimesAndWithoutSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := desk(t)
		create(t, d)
		now := time.Now().Format(time.RFC3339Nano)
		status, got := call(d, http.MethodGet, "/sim/machines", "")
		for _, want := range []string{
			`"hostname":"w1"`, `"plan":"G-2"`, `"datacenter":"HEL"`, `"monthlyPrice":44`, `"hourlyPrice":0.061111111`, `"state":"booted"`,
			`"created":"` + now, `"listed":"` + now, `"booted":"` + now,
		} {
			if status != http.StatusOK || !strings.Contains(got, want) {
				t.Errorf("%d %s, want %s", status, got, want)
			}
		}
		for _, secret := range []string{"root-password", "dXNlci1kYXRh", `"joined"`, `"gone"`} {
			if strings.Contains(got, secret) {
				t.Errorf("%s shows %s", got, secret)
			}
		}
	})
}

func TestBill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := desk(t)
		create(t, d)
		time.Sleep(90 * time.Minute)
		want := `{"totalOwed":0.122222222,"meteredCost":0.091666666,"hourlyRate":0.061111111,"peakHourlyRate":0.061111111,"machines":1}`
		if status, got := call(d, http.MethodGet, "/sim/bill", ""); status != http.StatusOK || got != want {
			t.Errorf("%d %s, want %s", status, got, want)
		}
	})
}

func TestDeleteOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := desk(t)
		create(t, d)
		if status, got := call(d, http.MethodPost, "/sim/machines/w1/delete", ""); status != http.StatusOK || got != `{"deleted":1}` {
			t.Errorf("%d %s", status, got)
		}
		if len(d.Cloud.Listed()) != 0 {
			t.Error("the machine is still listed")
		}
		want := `{"error":"no machine is called \"w1\""}`
		if status, got := call(d, http.MethodPost, "/sim/machines/w1/delete", ""); status != http.StatusNotFound || got != want {
			t.Errorf("%d %s, want 404 %s", status, got, want)
		}
	})
}

func TestFaultsComeAndGo(t *testing.T) {
	d := desk(t)
	rule := `{"match":{"method":"POST","planRegex":"^G-"},"times":2,"action":"sold-out"}`
	if status, got := call(d, http.MethodPost, "/sim/faults", rule); status != http.StatusCreated || got != rule {
		t.Errorf("%d %s, want 201 and the rule", status, got)
	}
	creation := faults.Call{Method: http.MethodPost, Plan: "G-2", Creates: true}
	if hit, found := d.Faults.Take(creation); !found || hit.Action != faults.ActionSoldOut {
		t.Errorf("rule %v, found %v", hit, found)
	}
	if status, _ := call(d, http.MethodDelete, "/sim/faults", ""); status != http.StatusNoContent {
		t.Errorf("status %d, want 204", status)
	}
	if _, found := d.Faults.Take(creation); found {
		t.Error("a rule is left")
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	for _, body := range []string{`{"action":"explode"}`, `{"action":"hang","match":{"host":"x"}}`, `hang`} {
		if status, got := call(desk(t), http.MethodPost, "/sim/faults", body); status != http.StatusBadRequest || !strings.Contains(got, `"error":"`) {
			t.Errorf("%s: %d %s, want 400 with a reason", body, status, got)
		}
	}
}

func TestCallsSinceANumber(t *testing.T) {
	d := desk(t)
	api := httpapi.New(d.Cloud, d.Faults, httpapi.Options{})
	d.Calls = api.Calls()
	for range 2 {
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/apps/v2/datacenter", http.NoBody))
	}
	_, all := call(d, http.MethodGet, "/sim/calls", "")
	_, last := call(d, http.MethodGet, "/sim/calls?since=1", "")
	if strings.Count(all, `"seq"`) != 2 || strings.Count(last, `"seq"`) != 1 || !strings.Contains(last, `"seq":2,`) {
		t.Errorf("all %s, since 1 %s", all, last)
	}
	if !strings.Contains(last, `"method":"GET","path":"/apps/v2/datacenter","status":401`) {
		t.Errorf("call %s", last)
	}
}
