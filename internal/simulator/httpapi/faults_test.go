package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

func (h *harness) inject(rule faults.Rule) {
	h.t.Helper()
	if err := h.faults.Add(rule); err != nil {
		h.t.Fatal(err)
	}
}

func TestInjectedAnswers(t *testing.T) {
	tests := map[string]struct {
		rule   faults.Rule
		status int
		text   string
	}{
		"status with a message": {
			faults.Rule{Action: faults.ActionStatus, Status: 500, Message: "boom"}, 500, `{"error":true,"code":500,"message":"boom"}`,
		},
		"status with a page": {faults.Rule{Action: faults.ActionStatus, Status: 502, Body: "<html>Bad gateway</html>"}, 502, "<html>Bad gateway</html>"},
		"error under 200": {
			faults.Rule{Action: faults.ActionOKError, Code: 409, Message: "busy"}, 200, `{"error":true,"code":409,"message":"busy"}`,
		},
		"success without effect": {faults.Rule{Action: faults.ActionIgnore}, 200, `{"error":false,"data":true}`},
		"token refused":          {faults.Rule{Action: faults.ActionUnauthorized}, 401, unauthorized},
		"too many calls": {
			faults.Rule{Action: faults.ActionRateLimited}, 429, `{"error":true,"code":429,"message":"Too many requests"}`,
		},
		"no stock": {
			faults.Rule{Action: faults.ActionSoldOut}, 200,
			`{"error":true,"code":409,"message":"Resource is out of stock in the selected datacenter"}`,
		},
		"account limit": {
			faults.Rule{Action: faults.ActionQuota}, 500,
			`{"error":true,"code":500,"message":"Virtual machines count exceeds the allowed limit 5","type":false}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, setup{})
			test.rule.Times = 1
			h.inject(test.rule)
			if got := h.post("/api/v2/vm", body("w1", nil)); got.status != test.status || got.text != test.text {
				t.Errorf("got %d %s, want %d %s", got.status, got.text, test.status, test.text)
			}
			if len(h.cloud.All()) != 0 {
				t.Error("the call took effect")
			}
			h.create("w1") // the fault is used up
		})
	}
}

func TestRateLimitTellsWhenToComeBackOnlyWhenAsked(t *testing.T) {
	h := newHarness(t, setup{})
	h.inject(faults.Rule{Action: faults.ActionRateLimited, Times: 1, RetryAfterSeconds: 7})
	h.inject(faults.Rule{Action: faults.ActionRateLimited, Times: 1})
	for _, want := range []string{"7", ""} {
		if got := h.get("/api/v2/vm").header.Get("Retry-After"); got != want {
			t.Errorf("Retry-After %q, want %q", got, want)
		}
	}
}

func TestPageHasTheTypeOfItsContent(t *testing.T) {
	h := newHarness(t, setup{})
	h.inject(faults.Rule{Action: faults.ActionStatus, Status: 502, Body: "<html></html>", Times: 1})
	h.inject(faults.Rule{Action: faults.ActionStatus, Status: 500, Body: `{"error":true}`, Times: 1})
	for _, want := range []string{"text/html", "application/json"} {
		if got := h.get("/api/v2/vm").header.Get("Content-Type"); got != want {
			t.Errorf("content type %q, want %q", got, want)
		}
	}
}

func TestResetTakesEffectWithoutAnAnswer(t *testing.T) {
	h := newHarness(t, setup{cloud: slow})
	h.inject(faults.Rule{Action: faults.ActionReset, Times: 1})
	if got, err := h.try(http.MethodPost, "/api/v2/vm", "application/json", body("w1", nil)); err == nil {
		t.Fatalf("want a cut connection, got %d %s", got.status, got.text)
	}
	if machines := h.cloud.Pending(); len(machines) != 1 || machines[0].Order.Hostname != "w1" {
		t.Error("the creation took no effect")
	}
}

func TestAcceptThenHangTakesEffectAndNeverAnswers(t *testing.T) {
	h := newHarness(t, setup{cloud: slow})
	h.inject(faults.Rule{Action: faults.ActionAcceptHang, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	request := httptest.NewRequest(http.MethodPost, "/api/v2/vm", strings.NewReader(body("w1", nil))).WithContext(ctx)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Vpsie-Auth", token)
	aborted := make(chan any)
	go func() {
		defer func() { aborted <- recover() }()
		h.api.ServeHTTP(httptest.NewRecorder(), request)
	}()
	for len(h.cloud.Pending()) == 0 {
		runtime.Gosched() // until the creation takes effect
	}
	select {
	case <-aborted:
		t.Fatal("the call ended while its client still waited")
	default:
	}
	cancel()
	if reason, ok := (<-aborted).(error); !ok || !errors.Is(reason, http.ErrAbortHandler) {
		t.Errorf("the call ended with %v, want a cut connection", reason)
	}
}

func TestFatesOfMachines(t *testing.T) {
	for action, want := range map[faults.Action]cloud.Fate{
		faults.ActionStuckPending: cloud.FateStuckPending,
		faults.ActionVanish:       cloud.FateVanish,
		faults.ActionNeverJoin:    cloud.FateNeverJoin,
	} {
		t.Run(string(action), func(t *testing.T) {
			h := newHarness(t, setup{cloud: slow})
			h.inject(faults.Rule{Action: action, Match: faults.Match{HostnameRegex: "^bad"}})
			for hostname, fate := range map[string]cloud.Fate{"bad1": want, "good1": ""} {
				if got := h.post("/api/v2/vm", body(hostname, nil)); got.text != `{"error":false,"data":true}` {
					t.Fatalf("create: %s", got.text)
				}
				all := h.cloud.All()
				if got := all[len(all)-1].Order.Fate; got != fate {
					t.Errorf("%s has the fate %q, want %q", hostname, got, fate)
				}
			}
		})
	}
}

func TestFaultsFindTheMachineThatACallIsAbout(t *testing.T) {
	h := newHarness(t, setup{})
	identifier, _ := h.create("w1")["identifier"].(string)
	h.inject(faults.Rule{Action: faults.ActionStatus, Status: 500, Match: faults.Match{HostnameRegex: "^w1$"}})
	for name, got := range map[string]answer{
		"read":   h.get("/api/v2/vm/" + identifier),
		"delete": h.send(http.MethodDelete, "/api/v2/vm", "application/json", `{"vmIdentifier":"`+identifier+`"}`),
	} {
		if got.status != 500 {
			t.Errorf("%s: status %d, want 500", name, got.status)
		}
	}
	if got := h.get("/api/v2/vm"); got.status != 200 {
		t.Errorf("list: status %d, want 200", got.status)
	}
}

func TestCallLogTellsWhatHappenedWithoutSecrets(t *testing.T) {
	h := newHarness(t, setup{cloud: slow})
	h.post("/api/v2/vm", body("w1", nil))
	h.inject(faults.Rule{Action: faults.ActionReset, Times: 1})
	_, _ = h.try(http.MethodPost, "/api/v2/vm", "application/json", body("w2", nil)) // fails, as it should
	h.get("/apps/v2/nowhere")

	var got []string
	calls := h.api.Calls().Since(0)
	for _, call := range calls {
		got = append(got, strings.Join([]string{call.Method, call.Path, http.StatusText(call.Status), call.Hostname}, " "))
	}
	want := "POST /api/v2/vm OK w1, POST /api/v2/vm  w2, GET /apps/v2/nowhere Not Found "
	if joined := strings.Join(got, ", "); joined != want {
		t.Errorf("log %q, want %q", joined, want)
	}
	if later := h.api.Calls().Since(calls[1].Seq); len(later) != 1 || later[0].Path != "/apps/v2/nowhere" {
		t.Errorf("calls since the second: %v", later)
	}
}
