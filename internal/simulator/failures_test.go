package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

// desk is a simulator in virtual time whose guests join at once.
type desk struct {
	*testing.T
	*simulator.Simulator
	guest *instant
}

// reply is the answer to a call, or its error.
type reply struct {
	status int
	text   string
	header http.Header
	took   time.Duration
	err    error
}

// call makes a call that gives up after a minute.
func (d desk) call(method, path, body string) reply {
	d.Helper()
	ctx, cancel := context.WithTimeout(d.Context(), time.Minute)
	defer cancel()
	from := time.Now()
	request, err := http.NewRequestWithContext(ctx, method, "http://simulated"+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	request.Header.Set("Vpsie-Auth", token)
	request.Header.Set("Content-Type", "application/json")
	if strings.HasSuffix(path, "/resources") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := d.Transport().RoundTrip(request)
	if err != nil {
		return reply{err: err, took: time.Since(from)}
	}
	content, err := io.ReadAll(response.Body)
	return reply{status: response.StatusCode, text: strings.TrimSpace(string(content)), header: response.Header, took: time.Since(from), err: err}
}

func (d desk) create(hostname string) reply {
	d.Helper()
	return d.call(http.MethodPost, "/api/v2/vm", creation(hostname))
}

// listed are the records of the machine list.
func (d desk) listed() []map[string]any {
	d.Helper()
	var answer struct{ Data []map[string]any }
	if err := json.Unmarshal([]byte(d.call(http.MethodGet, "/api/v2/vm", "").text), &answer); err != nil {
		d.Fatal(err)
	}
	return answer.Data
}

// settled is the only machine after an hour, or nothing when there is none.
func (d desk) settled() cloud.Machine {
	d.Helper()
	time.Sleep(time.Hour)
	synctest.Wait()
	machines := d.Machines()
	if len(machines) != 1 {
		d.Fatalf("%d machines, want 1", len(machines))
	}
	return machines[0]
}

func (d desk) want(got reply, status int, text string) {
	d.Helper()
	if got.err != nil || got.status != status || !strings.Contains(got.text, text) {
		d.Errorf("answer %d %s, error %v; want %d with %s", got.status, got.text, got.err, status, text)
	}
}

func (d desk) wantMachines(n int) {
	d.Helper()
	if got := len(d.Machines()); got != n {
		d.Errorf("%d machines, want %d", got, n)
	}
}

// effects tell, for every action of faults.Actions, what a rule with it and nothing else but the fields that it must have does.
var effects = map[faults.Action]struct {
	rule faults.Rule // without its action
	play func(d desk)
}{
	faults.ActionStatus: {faults.Rule{Status: 503, Message: "boom"}, func(d desk) {
		d.want(d.create("w1"), 503, `"message":"boom"`)
		d.wantMachines(0)
	}},
	faults.ActionServerError: {play: func(d desk) {
		d.want(d.create("w1"), 500, `"stack":"Error`)
		d.wantMachines(0)
	}},
	faults.ActionGateway: {faults.Rule{Status: 504}, func(d desk) {
		got := d.create("w1")
		d.want(got, 504, "<html>")
		if kind := got.header.Get("Content-Type"); kind != "text/html" {
			d.Errorf("content type %s", kind)
		}
		d.wantMachines(0)
	}},
	faults.ActionOKError: {faults.Rule{Message: "boom"}, func(d desk) {
		d.want(d.create("w1"), 200, `{"error":true,"message":"boom"}`)
		d.wantMachines(0)
	}},
	faults.ActionHang: {play: func(d desk) {
		if got := d.create("w1"); !errors.Is(got.err, context.DeadlineExceeded) {
			d.Errorf("answer %d, error %v", got.status, got.err)
		}
		d.wantMachines(0)
	}},
	faults.ActionSlow: {faults.Rule{Seconds: 30}, func(d desk) {
		got := d.create("w1")
		d.want(got, 200, `"data":true`)
		if got.took != 30*time.Second || len(d.Machines()) != 1 || time.Since(d.Machines()[0].Created) != got.took {
			d.Errorf("answered after %v, %d machines", got.took, len(d.Machines()))
		}
	}},
	faults.ActionCut: {play: func(d desk) {
		if got := d.create("w1"); !errors.Is(got.err, io.ErrUnexpectedEOF) {
			d.Errorf("answer %d, error %v", got.status, got.err)
		}
		d.wantMachines(0)
	}},
	faults.ActionReset: {play: func(d desk) {
		if got := d.create("w1"); !errors.Is(got.err, io.ErrUnexpectedEOF) {
			d.Errorf("answer %d, error %v", got.status, got.err)
		}
		d.wantMachines(1)
	}},
	faults.ActionAcceptHang: {play: func(d desk) {
		if got := d.create("w1"); !errors.Is(got.err, context.DeadlineExceeded) {
			d.Errorf("answer %d, error %v", got.status, got.err)
		}
		d.wantMachines(1)
	}},
	faults.ActionIgnore: {play: func(d desk) {
		d.want(d.create("w1"), 200, `{"error":false,"data":true}`)
		d.wantMachines(0)
	}},
	faults.ActionUnauthorized: {play: func(d desk) {
		d.want(d.create("w1"), 401, `{"error":true,"message":"Please authenticate"}`)
		d.wantMachines(0)
	}},
	faults.ActionRateLimited: {faults.Rule{RetryAfterSeconds: 7}, func(d desk) {
		got := d.create("w1")
		d.want(got, 429, `"code":429`)
		if after := got.header.Get("Retry-After"); after != "7" {
			d.Errorf("Retry-After %q", after)
		}
	}},
	faults.ActionLoginRejected: {faults.Rule{Status: 200}, func(d desk) {
		credentials := `{"clientId":"id","clientSecret":"secret"}`
		d.want(d.call(http.MethodPost, "/apps/v2/auth/from/api", credentials), 200, `"error":true,"code":401`)
		d.ClearFaults()
		d.want(d.call(http.MethodPost, "/apps/v2/auth/from/api", credentials), 200, `"accessToken"`)
	}},
	faults.ActionTruncated: {play: func(d desk) {
		for _, name := range []string{"w1", "w2", "w3"} {
			d.create(name)
		}
		synctest.Wait()
		got := d.call(http.MethodGet, "/api/v2/vm", "")
		d.want(got, 200, `"total":3`)
		d.want(d.call(http.MethodGet, "/api/v2/vm?offset=1", ""), 200, `"data":[],"total":3`)
		if strings.Count(got.text, `"hostname"`) != 1 {
			d.Errorf("rows %s, want one", got.text)
		}
	}},
	faults.ActionWithdrawn: {faults.Rule{Match: faults.Match{PlanRegex: "^A-Advanced", DatacenterRegex: "HEL"}}, func(d desk) {
		query := "dcIdentifier=" + catalogue.Datacenters[0].Identifier + "&osIdentifier=" + catalogue.Image.Identifier +
			"&planCatIdentifier=" + catalogue.Categories[0].Identifier
		got := d.call(http.MethodPost, "/apps/v2/resources", query)
		d.want(got, 200, "A-Starter-1")
		if strings.Contains(got.text, "A-Advanced-2") {
			d.Error("the plan is still offered")
		}
		elsewhere := strings.ReplaceAll(query, catalogue.Datacenters[0].Identifier, catalogue.Datacenters[1].Identifier)
		d.want(d.call(http.MethodPost, "/apps/v2/resources", elsewhere), 200, "A-Advanced-2")
		d.want(d.create("w1"), 400, httpapi.MessageNotSold)
		d.wantMachines(0)
	}},
	faults.ActionLostDelete: {play: func(d desk) {
		d.create("w1")
		id, _ := d.settle()["identifier"].(string)
		d.want(d.call(http.MethodDelete, "/api/v2/vm", `{"vmIdentifier":"`+id+`"}`), 200, `"data":true`)
		if m := d.settled(); m.State != cloud.StateReady {
			d.Errorf("state %s", m.State)
		}
	}},
	faults.ActionWrongPassword: {play: func(d desk) {
		d.create("w1")
		id, _ := d.settle()["identifier"].(string)
		d.want(d.call(http.MethodDelete, "/api/v2/vm", `{"vmIdentifier":"`+id+`"}`), 400, httpapi.MessageWrongPassword)
		if m := d.settled(); m.State != cloud.StateReady {
			d.Errorf("state %s", m.State)
		}
	}},
	faults.ActionSoldOut: {play: func(d desk) {
		d.want(d.create("w1"), 200, `{"error":true,"code":409,"message":"`+httpapi.MessageSoldOut+`"}`)
		d.wantMachines(0)
	}},
	faults.ActionQuota: {faults.Rule{Status: 200, Message: "Quota exceeded for this subscription"}, func(d desk) {
		d.want(d.create("w1"), 200, `{"error":true,"code":200,"message":"Quota exceeded for this subscription","type":false}`)
		d.wantMachines(0)
	}},
	faults.ActionGhost: {faults.Rule{Seconds: 120}, func(d desk) {
		if got := d.create("w1"); !errors.Is(got.err, context.DeadlineExceeded) {
			d.Errorf("answer %d, error %v", got.status, got.err)
		}
		d.ClearFaults()
		if len(d.listed()) != 0 || strings.Contains(d.call(http.MethodGet, "/apps/v2/vm/pending", "").text, "w1") {
			d.Error("the machine shows at once")
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if len(d.listed()) != 1 {
			d.Error("the machine does not turn up")
		}
	}},
	faults.ActionDuplicate: {play: func(d desk) {
		d.want(d.create("w1"), 200, `"data":true`)
		synctest.Wait()
		if rows := d.listed(); len(rows) != 2 || rows[0]["hostname"] != rows[1]["hostname"] || rows[0]["identifier"] == rows[1]["identifier"] {
			d.Errorf("rows %v", rows)
		}
	}},
	faults.ActionStuckPending: {play: func(d desk) {
		d.create("w1")
		if m := d.settled(); m.State != cloud.StatePending {
			d.Errorf("state %s", m.State)
		}
	}},
	faults.ActionVanish: {play: func(d desk) {
		d.create("w1")
		if m := d.settled(); m.State != cloud.StateVanished || len(d.listed()) != 0 || d.Bill().Owed != 0 {
			d.Errorf("state %s, bill %+v", m.State, d.Bill())
		}
	}},
	faults.ActionInactive: {play: func(d desk) {
		d.create("w1")
		if row := d.settle(); row["is_active"] != 0.0 || row["power"] != 0.0 {
			d.Errorf("is_active %v, power %v", row["is_active"], row["power"])
		}
	}},
	faults.ActionNoAddress: {play: func(d desk) {
		d.create("w1")
		if row := d.settle(); row["default_ip"] != "" || row["publicIp"] != nil || row["private_ip"] != nil || row["power"] != 1.0 {
			d.Errorf("row %v", row)
		}
	}},
	faults.ActionNoAgent: {play: func(d desk) {
		d.create("w1")
		id, _ := d.settle()["identifier"].(string)
		d.want(d.call(http.MethodGet, "/api/v2/vm/live/agent/status/"+id, ""), 200, `"data":false`)
		if m := d.settled(); m.State != cloud.StateBooted {
			d.Errorf("state %s", m.State)
		}
	}},
	faults.ActionNeverJoin: {play: func(d desk) {
		d.create("w1")
		id, _ := d.settle()["identifier"].(string)
		d.want(d.call(http.MethodGet, "/api/v2/vm/live/agent/status/"+id, ""), 200, `"data":true`)
		if m := d.settled(); m.State != cloud.StateBooted {
			d.Errorf("state %s", m.State)
		}
	}},
	faults.ActionNeverReady: {play: func(d desk) {
		d.create("w1")
		if m := d.settled(); m.State != cloud.StateJoined {
			d.Errorf("state %s", m.State)
		}
	}},
	faults.ActionMixedCase: {play: func(d desk) {
		d.create("w1")
		if row := d.settle(); row["hostname"] != "W1" || d.settled().State != cloud.StateReady {
			d.Errorf("listed as %v, state %s", row["hostname"], d.settled().State)
		}
	}},
	faults.ActionFreeze: {faults.Rule{Seconds: 600}, func(d desk) {
		d.create("w1")
		if m := d.settled(); m.State != cloud.StateReady || d.guest.ended.Sub(m.Listed) != 10*time.Minute {
			d.Errorf("state %s, frozen after %v", m.State, d.guest.ended.Sub(m.Listed))
		}
	}},
	faults.ActionDeletedOutside: {faults.Rule{Seconds: 600}, func(d desk) {
		d.create("w1")
		if m := d.settled(); m.State != cloud.StateGone || m.Gone.Sub(m.Listed) != 10*time.Minute || m.Ready.IsZero() {
			d.Errorf("state %s, gone after %v", m.State, m.Gone.Sub(m.Listed))
		}
	}},
}

// settle waits for the only machine and returns its record.
func (d desk) settle() map[string]any {
	d.Helper()
	synctest.Wait()
	rows := d.listed()
	if len(rows) != 1 {
		d.Fatalf("%d rows, want 1", len(rows))
	}
	return rows[0]
}

// instant is a guest that joins and gets ready at once, unless it must not.
type instant struct {
	mu    sync.Mutex
	ended time.Time // of the last guest that ended
}

// Run implements cloud.Guest.
func (g *instant) Run(ctx context.Context, host cloud.Host, report cloud.Report) {
	report.Joined()
	if !host.NeverReady {
		report.Ready()
	}
	<-ctx.Done()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = time.Now()
}

func TestEveryFailureHasItsEffect(t *testing.T) {
	for _, description := range faults.Actions {
		t.Run(string(description.Action), func(t *testing.T) {
			effect, known := effects[description.Action]
			if !known {
				t.Fatal("no test plays this action: add it to effects")
			}
			synctest.Test(t, func(t *testing.T) {
				guest := &instant{}
				s := simulator.New(simulator.Options{
					API:  httpapi.Options{Tokens: []string{token}, ClientID: "id", ClientSecret: "secret"},
					Seed: 1, Guest: guest,
				})
				defer s.Close()
				rule := effect.rule
				rule.Action = description.Action
				if err := s.InjectFault(rule); err != nil {
					t.Fatal(err)
				}
				effect.play(desk{t, s, guest})
			})
		})
	}
	if len(effects) != len(faults.Actions) {
		t.Errorf("%d effects for %d actions", len(effects), len(faults.Actions))
	}
}

func TestFailuresHappenByChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const seed = 5
		s := simulator.New(simulator.Options{API: httpapi.Options{Tokens: []string{token}}, Seed: seed, Guest: &instant{}})
		defer s.Close()
		for action, probability := range map[faults.Action]float64{faults.ActionNeverJoin: 0.2, faults.ActionSoldOut: 0.1} {
			if err := s.InjectFault(faults.Rule{Action: action, Probability: probability}); err != nil {
				t.Fatal(err)
			}
		}
		d := desk{T: t, Simulator: s}
		for range 500 {
			d.create("w")
		}
		synctest.Wait()
		states := map[cloud.State]int{}
		for _, m := range s.Machines() {
			states[m.State]++
		}
		refused, lame := 500-len(s.Machines()), states[cloud.StateBooted]
		if refused < 20 || refused > 80 || lame < 60 || lame > 140 || states[cloud.StateReady]+refused+lame != 500 {
			t.Errorf("seed %d: of 500 creations %d were refused and %d machines never joined; states %v", seed, refused, lame, states)
		}
	})
}
