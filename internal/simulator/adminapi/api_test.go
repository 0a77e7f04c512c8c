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

func TestBillMachineByMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := desk(t)
		create(t, d)
		time.Sleep(90 * time.Minute)
		status, got := call(d, http.MethodGet, "/sim/bill?machines=true", "")
		for _, want := range []string{
			`"lines":[{"hostname":"w1"`, `"plan":"G-2","datacenter":"HEL","hourlyPrice":0.061111111`, `"hours":2`, `"owedNanos":122222222`,
			`"meteredNanos":91666666`,
		} {
			if status != http.StatusOK || !strings.Contains(got, want) {
				t.Errorf("%d %s, want %s", status, got, want)
			}
		}
		if strings.Contains(got, `"to"`) || strings.Contains(got, `"balance"`) {
			t.Errorf("%s tells an end or a balance", got)
		}
	})
}

func TestPrepaidAccountIsToppedUp(t *testing.T) {
	d := desk(t)
	d.Cloud = cloud.New(cloud.Options{Balance: 1_500_000_000})
	t.Cleanup(d.Cloud.Close)
	if _, got := call(d, http.MethodGet, "/sim/bill", ""); !strings.Contains(got, `"balance":1.5`) {
		t.Errorf("bill %s", got)
	}
	if status, got := call(d, http.MethodPost, "/sim/balance", `{"add":2.25}`); status != http.StatusOK || got != `{"balance":3.75}` {
		t.Errorf("%d %s", status, got)
	}
	for _, body := range []string{`{"add":0}`, `{"add":1e12}`, `x`} {
		if status, got := call(d, http.MethodPost, "/sim/balance", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s, want 400", body, status, got)
		}
	}
}

func TestLoginsAreEnded(t *testing.T) {
	d := desk(t)
	api := httpapi.New(d.Cloud, d.Faults, httpapi.Options{ClientID: "id", ClientSecret: "secret"})
	d.Logins = api
	w := httptest.NewRecorder()
	login := httptest.NewRequest(http.MethodPost, "/apps/v2/auth/from/api", strings.NewReader(`{"clientId":"id","clientSecret":"secret"}`))
	login.Header.Set("Content-Type", "application/json")
	api.ServeHTTP(w, login)
	_, session, _ := strings.Cut(w.Body.String(), `"token":"`)
	session, _, _ = strings.Cut(session, `"`)
	use := func() int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/apps/v2/datacenter", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+session)
		api.ServeHTTP(w, r)
		return w.Code
	}
	before := use()
	status, _ := call(d, http.MethodDelete, "/sim/logins", "")
	if after := use(); before != http.StatusOK || status != http.StatusNoContent || after != http.StatusUnauthorized {
		t.Errorf("before %d, ended with %d, after %d", before, status, after)
	}
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
	creation := faults.Call{Method: http.MethodPost, Plan: "G-2", Kind: faults.KindCreation}
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
