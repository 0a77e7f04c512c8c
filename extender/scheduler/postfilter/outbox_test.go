package postfilter

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

const keepFor = time.Minute

// office is an outbox whose deliveries a test sees.
type office struct {
	queue chan failure
	sent  [][]string // the pods of each report
	fails bool
}

// open runs the outbox until the test ends.
func open(t *testing.T) *office {
	o := &office{queue: make(chan failure, 3000)}
	box := &outbox{queue: o.queue, recent: newRecent(keepFor), deliver: o.deliver}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	go box.run(ctx)
	return o
}

func (o *office) deliver(_ context.Context, report *diagnosis.Report) error {
	if o.fails {
		return errors.New("nobody takes it")
	}
	var pods []string
	for _, pod := range report.Pods {
		pods = append(pods, string(pod.UID))
	}
	o.sent = append(o.sent, pods)
	return report.Validate()
}

// put has a pod fail on one node.
func (o *office) put(pod string, generation int64, reason string) {
	o.queue <- failure{
		pod:   diagnosis.Pod{UID: types.UID(pod), Generation: generation},
		nodes: 1, groups: []diagnosis.Group{{Code: "Unschedulable", Reasons: []string{reason}, Nodes: []string{"a"}}},
	}
}

// collected are the reports since the last time.
func (o *office) collected() [][]string {
	synctest.Wait()
	sent := o.sent
	o.sent = nil
	return sent
}

func TestPodsWithTheSameDiagnosisShareAReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		for _, pod := range []string{"1", "2", "3", "4"} {
			o.put(pod, 1, map[bool]string{true: "memory", false: "cpu"}[pod == "3"])
		}
		if diff := cmp.Diff([][]string{{"1", "2", "4"}, {"3"}}, o.collected()); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	})
}

func TestAReportIsAboutSoManyPodsAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		const pods = 2*diagnosis.MaxPods + 7
		for i := range pods {
			o.put(fmt.Sprint(i), 1, "cpu")
		}
		told := map[string]bool{}
		for _, report := range o.collected() {
			if len(report) > diagnosis.MaxPods {
				t.Errorf("a report about %d pods", len(report))
			}
			for _, pod := range report {
				told[pod] = true
			}
		}
		if len(told) != pods {
			t.Errorf("%d pods were told of, want %d", len(told), pods)
		}
	})
}

func TestTheSameDiagnosisOfAPodIsRepeatedAfterAWhileOnly(t *testing.T) {
	tests := map[string]struct {
		after      time.Duration
		generation int64
		reason     string
		want       [][]string
	}{
		"at once":                   {0, 1, "cpu", nil},
		"just before the time":      {keepFor - 1, 1, "cpu", nil},
		"in time":                   {keepFor, 1, "cpu", [][]string{{"1"}}},
		"for another reason":        {0, 1, "memory", [][]string{{"1"}}},
		"for another specification": {0, 2, "cpu", [][]string{{"1"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := open(t)
				o.put("1", 1, "cpu")
				if got := o.collected(); len(got) != 1 {
					t.Fatalf("%d reports at first", len(got))
				}
				time.Sleep(test.after)
				o.put("1", test.generation, test.reason)
				if diff := cmp.Diff(test.want, o.collected()); diff != "" {
					t.Errorf("reports (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWhatNobodyTookIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		o.fails = true
		o.put("1", 1, "cpu")
		if got := o.collected(); got != nil {
			t.Fatalf("reports %v", got)
		}
		o.fails = false
		o.put("1", 1, "cpu")
		if diff := cmp.Diff([][]string{{"1"}}, o.collected()); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	})
}

func TestTheMemoryOfWhatWasSentIsBounded(t *testing.T) {
	r := newRecent(keepFor)
	start := time.Now()
	pod := func(i int) diagnosis.Pod { return diagnosis.Pod{UID: types.UID(fmt.Sprint(i))} }
	for i := range maxRecent {
		r.add(pod(i), mark(0), start)
	}
	later := start.Add(keepFor)
	r.add(pod(maxRecent), mark(0), later)
	if len(r.sent) != 1 || !r.has(pod(maxRecent), mark(0), later) {
		t.Errorf("%d are remembered, want the one that is fresh", len(r.sent))
	}
	for i := range 3 * maxRecent {
		r.add(pod(i), mark(0), later)
		if len(r.sent) > maxRecent {
			t.Fatalf("%d are remembered, want at most %d", len(r.sent), maxRecent)
		}
	}
}

func TestTheOrderOfNodesAndGroupsMakesNoOtherDiagnosis(t *testing.T) {
	cpu := func(nodes ...string) diagnosis.Group {
		return diagnosis.Group{Plugin: "Fit", Code: "Unschedulable", Reasons: []string{"cpu"}, Nodes: nodes}
	}
	memory := func(nodes ...string) diagnosis.Group {
		return diagnosis.Group{Plugin: "Fit", Code: "Unschedulable", Reasons: []string{"memory"}, Nodes: nodes}
	}
	first := markOf([]diagnosis.Group{cpu("a", "b"), memory("c")})
	if markOf([]diagnosis.Group{memory("c"), cpu("b", "a")}) != first {
		t.Error("the order counts")
	}
	for what, other := range map[string][]diagnosis.Group{
		"a node less":            {cpu("a", "b")},
		"a node in another":      {cpu("a"), memory("b", "c")},
		"nodes exchanged":        {cpu("a", "c"), memory("b")},
		"another code":           {{Plugin: "Fit", Code: "Pending", Reasons: []string{"cpu"}, Nodes: []string{"a", "b"}}, memory("c")},
		"words split elsewhere":  {{Plugin: "F", Code: "itUnschedulable", Reasons: []string{"cpu"}, Nodes: []string{"a", "b"}}, memory("c")},
		"one more reason":        {{Plugin: "Fit", Code: "Unschedulable", Reasons: []string{"cpu", "x"}, Nodes: []string{"a", "b"}}, memory("c")},
		"no nodes in the groups": {},
	} {
		if markOf(other) == first {
			t.Errorf("%s is the same diagnosis", what)
		}
	}
}
