package receiver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
	"github.com/vpsie/vpsie-autoscaler/extender/receiver"
)

// inbox keeps what it receives and gives one answer to all of it.
type inbox struct {
	got    []diagnosis.Report
	answer diagnosis.Result
}

func (i *inbox) Receive(report *diagnosis.Report) []diagnosis.Result {
	i.got = append(i.got, *report)
	results := make([]diagnosis.Result, len(report.Pods))
	for at := range results {
		results[at] = i.answer
	}
	return results
}

func newHandler(t testing.TB, to receiver.Receiver) (http.Handler, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	handler, err := receiver.NewHandler(to, receiver.Options{Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	return handler, registry
}

func send(handler http.Handler, method, path string, body []byte) (int, string) {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(method, path, bytes.NewReader(body)))
	return answer.Code, answer.Body.String()
}

func encode(t testing.TB, report diagnosis.Report) []byte {
	t.Helper()
	body, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func example() diagnosis.Report {
	return diagnosis.Report{
		Pods:  []diagnosis.Pod{{Namespace: "shop", Name: "cart-1", UID: "u1", Generation: 2}, {Namespace: "shop", Name: "cart-2", UID: "u2", Generation: 1}},
		Nodes: 3,
		Groups: []diagnosis.Group{
			{Plugin: "NodeResourcesFit", Code: "Unschedulable", Reasons: []string{"Insufficient cpu", "Insufficient memory"}, Nodes: []string{"a", "b"}},
			{Code: "UnschedulableAndUnresolvable", Nodes: []string{"c"}},
		},
	}
}

func TestAReportArrivesAsItWasSent(t *testing.T) {
	box := &inbox{answer: diagnosis.Taken}
	handler, registry := newHandler(t, box)
	if status, answer := send(handler, http.MethodPost, diagnosis.Path, encode(t, example())); status != http.StatusNoContent {
		t.Fatalf("answered %d %s, want 204", status, answer)
	}
	if diff := cmp.Diff([]diagnosis.Report{example()}, box.got); diff != "" {
		t.Errorf("received (-sent +got):\n%s", diff)
	}
	counted(t, registry, diagnosis.Taken, 2)
}

// counted fails unless a result was counted so often, and every other never.
func counted(t *testing.T, registry *prometheus.Registry, result diagnosis.Result, times int) {
	t.Helper()
	const metric = "vpsie_autoscaler_diagnosis_reports_total"
	want := "# HELP " + metric + " Diagnoses of pods that a kube-scheduler with our plugin reported, by what became of them.\n# TYPE " + metric + " counter\n"
	for _, one := range []diagnosis.Result{diagnosis.Dropped, diagnosis.Early, diagnosis.Ignored, diagnosis.Malformed, diagnosis.Stale, diagnosis.Taken} {
		value := 0
		if one == result {
			value = times
		}
		want += fmt.Sprintf("%s{result=%q} %d\n", metric, one, value)
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), metric); err != nil {
		t.Error(err)
	}
}

// The names on the wire are what schedulers of other versions send.
func TestTheWireStaysAsItIs(t *testing.T) {
	const want = `{"pods":[{"namespace":"shop","name":"cart-1","uid":"u1","generation":2},{"namespace":"shop","name":"cart-2","uid":"u2","generation":1}],` +
		`"nodes":3,"groups":[{"plugin":"NodeResourcesFit","code":"Unschedulable","reasons":["Insufficient cpu","Insufficient memory"],"nodes":["a","b"]},` +
		`{"code":"UnschedulableAndUnresolvable","nodes":["c"]}]}`
	if got := string(encode(t, example())); got != want {
		t.Errorf("the wire is\n%s\nwant\n%s", got, want)
	}
	if diagnosis.Path != "/scheduler/v1/diagnosis" {
		t.Errorf("the path is %s", diagnosis.Path)
	}
}

func TestWhatIsNoReportIsRefusedWithTheFieldThatIsWrong(t *testing.T) {
	whole := string(encode(t, example()))
	cases := map[string]struct {
		body   string
		status int
		want   string
	}{
		"fields of later versions":  {strings.Replace(whole, `{"pods"`, `{"later":{"a":1},"pods"`, 1), 204, ""},
		"a cluster without nodes":   {`{"pods":[{"uid":"u"}],"nodes":0}`, 204, ""},
		"no JSON":                   {`hello`, 400, "decode"},
		"two reports":               {whole + whole, 400, "behind it"},
		"null":                      {`null`, 400, "pods: has 0, want 1 to 500"},
		"no pods":                   {`{"pods":[],"nodes":0}`, 400, "pods: has 0, want 1 to 500"},
		"too many pods":             {`{"pods":[` + strings.Repeat(`{"uid":"u"},`, 500) + `{"uid":"u"}]}`, 400, "pods: has 501"},
		"a pod without UID":         {`{"pods":[{"uid":"u"},{"namespace":"a","name":"b"}]}`, 400, "pods[1].uid: has 0 bytes, want 1 to 253: the UID of pod a/b"},
		"a number for a name":       {`{"pods":[{"uid":"u","name":1}]}`, 400, "name"},
		"a group without code":      {`{"pods":[{"uid":"u"}],"nodes":1,"groups":[{"nodes":["a"]}]}`, 400, "groups[0].code"},
		"a group without nodes":     {`{"pods":[{"uid":"u"}],"nodes":0,"groups":[{"code":"c"}]}`, 400, "groups[0].nodes"},
		"a long UID":                {`{"pods":[{"uid":"` + strings.Repeat("u", 254) + `"}],"nodes":0}`, 400, "pods[0].uid: has 254 bytes"},
		"a long code":               {`{"pods":[{"uid":"u"}],"nodes":1,"groups":[{"code":"` + strings.Repeat("c", 254) + `","nodes":["a"]}]}`, 400, "groups[0].code: has 254 bytes"},
		"a long plugin":             {`{"pods":[{"uid":"u"}],"nodes":1,"groups":[{"code":"c","plugin":"` + strings.Repeat("p", 254) + `","nodes":["a"]}]}`, 400, "groups[0].plugin: has 254 bytes"},
		"a node without name":       {`{"pods":[{"uid":"u"}],"nodes":2,"groups":[{"code":"c","nodes":["a",""]}]}`, 400, "groups[0].nodes[1]: has 0 bytes"},
		"a node with a long name":   {`{"pods":[{"uid":"u"}],"nodes":1,"groups":[{"code":"c","nodes":["` + strings.Repeat("n", 254) + `"]}]}`, 400, "groups[0].nodes[0]: has 254 bytes"},
		"nodes in no group":         {`{"pods":[{"uid":"u"}],"nodes":2,"groups":[{"code":"c","nodes":["a"]}]}`, 400, "nodes: is 2, but the groups have 1"},
		"a negative count":          {`{"pods":[{"uid":"u"}],"nodes":-1}`, 400, "nodes: is -1"},
		"more than four megabytes":  {`{"pods":[{"uid":"` + strings.Repeat("u", 4<<20) + `"}]}`, 413, "more than 4194304 bytes"},
		"a number that is no count": {`{"pods":[{"uid":"u"}],"nodes":1.5}`, 400, "nodes"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			box := &inbox{answer: diagnosis.Early}
			handler, registry := newHandler(t, box)
			status, answer := send(handler, http.MethodPost, diagnosis.Path, []byte(c.body))
			if status != c.status || !strings.Contains(answer, c.want) {
				t.Errorf("answered %d %s, want %d %s", status, answer, c.status, c.want)
			}
			if c.status == http.StatusNoContent {
				counted(t, registry, diagnosis.Early, len(box.got[0].Pods))
				return
			}
			counted(t, registry, diagnosis.Malformed, 1)
			if len(box.got) > 0 {
				t.Errorf("the receiver got %v", box.got)
			}
		})
	}
}

func TestReportsAreLoggedForWhoAsksForThem(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelDebug} {
		var log bytes.Buffer
		handler, err := receiver.NewHandler(&inbox{}, receiver.Options{Log: logr.FromSlogHandler(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))})
		if err != nil {
			t.Fatal(err)
		}
		send(handler, http.MethodPost, diagnosis.Path, encode(t, example()))
		const want = `pod=shop/cart-1 pods=2 nodes=3 groups="[2 by NodeResourcesFit (Insufficient cpu, Insufficient memory) 1 by no plugin]"`
		if got := strings.Contains(log.String(), want); got != (level == slog.LevelDebug) {
			t.Errorf("at level %v the log is\n%s", level, &log)
		}
	}
}

func TestOnlyPostToThePathIsServed(t *testing.T) {
	handler, _ := newHandler(t, &inbox{})
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, diagnosis.Path, 405}, {http.MethodPut, diagnosis.Path, 405}, {http.MethodPost, "/", 404}, {http.MethodPost, diagnosis.Path + "/", 404},
	} {
		if got, _ := send(handler, c.method, c.path, encode(t, example())); got != c.want {
			t.Errorf("%s %s is answered %d, want %d", c.method, c.path, got, c.want)
		}
	}
}

func TestASecondReceiverOnTheSameRegistryIsRefused(t *testing.T) {
	_, registry := newHandler(t, &inbox{})
	if _, err := receiver.NewHandler(&inbox{}, receiver.Options{Registerer: registry}); err == nil {
		t.Error("no error")
	}
}

// FuzzReport: no request makes the handler panic or lets an invalid report through, and what passes survives the way back.
func FuzzReport(f *testing.F) {
	f.Add(encode(f, example()))
	for _, body := range []string{``, `null`, `[]`, `{"pods":[{"uid":"u"}],"nodes":0,"groups":null}`, `{"pods":[{"uid":"u"}],"nodes":1,"groups":[{"code":"c","nodes":["a"]}]}`,
		`{"PODS":[{"UID":"u"}]}`, `{"pods":[{"uid":"u"}],"nodes":-9223372036854775808}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		box := &inbox{answer: diagnosis.Taken}
		handler, _ := newHandler(t, box)
		status, answer := send(handler, http.MethodPost, diagnosis.Path, body)
		switch {
		case status == http.StatusNoContent && len(box.got) == 1:
		case (status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge) && len(box.got) == 0:
			return
		default:
			t.Fatalf("answered %d %s, received %d", status, answer, len(box.got))
		}
		first := box.got[0]
		if err := first.Validate(); err != nil {
			t.Errorf("what passed is invalid: %v", err)
		}
		var again diagnosis.Report
		if err := json.Unmarshal(encode(t, first), &again); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encode(t, first), encode(t, again)) {
			t.Errorf("%+v became %+v", first, again)
		}
	})
}
