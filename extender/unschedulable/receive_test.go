package unschedulable_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// about starts a report on pods of generation 1 of a cluster with two nodes.
func about(names ...string) *diagnosis.Report {
	report := &diagnosis.Report{Nodes: 2, Groups: []diagnosis.Group{
		{Plugin: "NodeResourcesFit", Code: "Unschedulable", Reasons: []string{"Insufficient cpu"}, Nodes: []string{"b", "a"}},
	}}
	for _, name := range names {
		report.Pods = append(report.Pods, diagnosis.Pod{Namespace: build.Namespace, Name: name, UID: build.UID(name), Generation: 1})
	}
	return report
}

// elsewhere is the same report, but for one more node.
func elsewhere(names ...string) *diagnosis.Report {
	report := about(names...)
	report.Nodes = 3
	report.Groups = append(report.Groups, diagnosis.Group{Plugin: "TaintToleration", Code: "UnschedulableAndUnresolvable", Nodes: []string{"c"}})
	return report
}

// unjudged is a pod of generation 1 that the scheduler has written nothing about.
func unjudged(name string) *build.PodBuilder { return build.Pod(name).Generation(1) }

func received(t *testing.T, d *unschedulable.Detector, report *diagnosis.Report, want ...diagnosis.Result) {
	t.Helper()
	if diff := cmp.Diff(want, d.Receive(report)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestAReportFlagsAPodBeforeTheSchedulerHasWrittenSo(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	web := unjudged("web").Obj()
	pods.put(web)
	received(t, d, about("web"), diagnosis.Taken)
	if !signalled(d) {
		t.Error("no signal")
	}
	standing := d.State(web)
	if want := "kube-scheduler found no node: 2 nodes: 2 by NodeResourcesFit (Insufficient cpu): a, b"; standing.State != unschedulable.Flagged || standing.Message != want {
		t.Errorf("%s, %q, want Flagged, %q", standing.State, standing.Message, want)
	}
	if diff := cmp.Diff([]string{"web"}, pending(t, d)); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
	pods.put(unjudged("web").Unschedulable().Message("0/2 nodes are available").Obj())
	if signalled(d) {
		t.Error("second signal when the scheduler writes what it has reported")
	}
	want := "kube-scheduler found no node: 0/2 nodes are available; by its report, of 2 nodes: 2 by NodeResourcesFit (Insufficient cpu): a, b"
	if got := d.State(web).Message; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	pods.put(unjudged("web").Unschedulable().Message("0/3 nodes are available").Obj())
	if !signalled(d) {
		t.Error("no signal although the scheduler has looked at other nodes since")
	}
}

func TestWhatAPodIsOverrulesAReport(t *testing.T) {
	tests := map[string]struct {
		pod  *build.PodBuilder
		want diagnosis.Result
		is   unschedulable.State
	}{
		"fresh":                   {unjudged("p"), diagnosis.Taken, unschedulable.Flagged},
		"the scheduler failed":    {unjudged("p").Scheduled(corev1.ConditionFalse, corev1.PodReasonSchedulerError), diagnosis.Taken, unschedulable.Flagged},
		"refused":                 {unjudged("p").Unschedulable(), diagnosis.Taken, unschedulable.Flagged},
		"gated":                   {unjudged("p").Gated(), diagnosis.Ignored, unschedulable.Gated},
		"nominated":               {unjudged("p").Nominated("n"), diagnosis.Ignored, unschedulable.Nominated},
		"of a DaemonSet":          {unjudged("p").OwnedBy("DaemonSet", "logs"), diagnosis.Ignored, unschedulable.Daemon},
		"of another scheduler":    {unjudged("p").Scheduler("volcano"), diagnosis.Ignored, unschedulable.Foreign},
		"changed since":           {unjudged("p").Generation(2), diagnosis.Stale, unschedulable.Fresh},
		"a change not yet seen":   {unjudged("p").Generation(0), diagnosis.Early, unschedulable.Fresh},
		"bound":                   {unjudged("p").On("n"), diagnosis.Early, unschedulable.Bound},
		"being deleted":           {unjudged("p").Terminating(time.Now()), diagnosis.Early, unschedulable.Done},
		"refused before a change": {build.Pod("p").Generation(0).Unschedulable().Generation(1), diagnosis.Taken, unschedulable.Flagged},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pods := &podCache{}
			d := newDetector(t, pods)
			pods.put(test.pod.Obj())
			received(t, d, about("p"), test.want)
			if got := d.State(test.pod.Obj()).State; got != test.is {
				t.Errorf("state %s, want %s", got, test.is)
			}
		})
	}
}

func TestWhatHappensToAPodLaterEndsAReport(t *testing.T) {
	tests := map[string]struct {
		later *build.PodBuilder
		want  unschedulable.State
	}{
		"another label":                     {unjudged("p"), unschedulable.Flagged},
		"another specification":             {unjudged("p").Generation(2), unschedulable.Fresh},
		"a node":                            {unjudged("p").On("n"), unschedulable.Bound},
		"a nomination":                      {unjudged("p").Nominated("n"), unschedulable.Nominated},
		"a failure of the scheduler itself": {unjudged("p").Scheduled(corev1.ConditionFalse, corev1.PodReasonSchedulerError), unschedulable.Erred},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pods := &podCache{}
			d := newDetector(t, pods)
			pods.put(unjudged("p").Obj())
			received(t, d, about("p"), diagnosis.Taken)
			pods.put(test.later.Obj())
			if got := d.State(test.later.Obj()).State; got != test.want {
				t.Errorf("state %s, want %s", got, test.want)
			}
		})
	}
}

func TestAReportThatComesBeforeItsPodIsKeptForAMinute(t *testing.T) {
	tests := map[string]struct {
		after time.Duration
		pod   *build.PodBuilder
		want  unschedulable.State
	}{
		"the pod comes in time":         {time.Minute - 1, unjudged("p"), unschedulable.Flagged},
		"the pod comes too late":        {time.Minute, unjudged("p"), unschedulable.Fresh},
		"the pod comes changed":         {time.Second, unjudged("p").Generation(2), unschedulable.Fresh},
		"the pod comes before a change": {time.Second, unjudged("p").Generation(0), unschedulable.Fresh},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pods := &podCache{}
				d := newDetector(t, pods)
				received(t, d, about("p"), diagnosis.Early)
				time.Sleep(test.after)
				pod := test.pod.Created(time.Now()).Obj()
				pods.put(pod)
				if got := d.State(pod).State; got != test.want {
					t.Errorf("state %s, want %s", got, test.want)
				}
				if got := signalled(d); got != (test.want == unschedulable.Flagged) {
					t.Errorf("signalled is %t", got)
				}
			})
		})
	}
}

func TestAReportOnAChangeIsUsedWhenTheChangeIsSeen(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	pods.put(unjudged("p").Generation(0).Obj())
	received(t, d, about("p"), diagnosis.Early)
	changed := unjudged("p").Obj()
	pods.put(changed)
	if got := d.State(changed).State; got != unschedulable.Flagged || !signalled(d) {
		t.Errorf("state %s, want Flagged and a signal", got)
	}
}

func TestOnlySoManyReportsWaitForTheirPods(t *testing.T) {
	const most = 10_000
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{}
		d := newDetector(t, pods)
		report := about()
		for i := range most {
			report.Pods = append(report.Pods, diagnosis.Pod{UID: types.UID(fmt.Sprint(i)), Generation: 1})
		}
		for i, result := range d.Receive(report) {
			if result != diagnosis.Early {
				t.Fatalf("report %d is %s", i, result)
			}
		}
		received(t, d, about("p"), diagnosis.Dropped)
		time.Sleep(time.Minute)
		received(t, d, about("p"), diagnosis.Early)
	})
}

func TestAReportMakesSiblingsCountAndWakesAtMostOnce(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	for _, name := range []string{"web-1", "web-2", "web-3"} {
		pods.put(unjudged(name).OwnedBy("ReplicaSet", "web").Obj())
	}
	received(t, d, about("web-1", "web-2"), diagnosis.Taken, diagnosis.Taken)
	if !signalled(d) {
		t.Error("no signal")
	}
	if got := d.State(pods.pods[build.UID("web-3")]).State; got != unschedulable.Sibling {
		t.Errorf("the third is %s, want Sibling", got)
	}
	received(t, d, about("web-3"), diagnosis.Taken)
	if signalled(d) {
		t.Error("second signal for a family that counts")
	}
	for _, name := range []string{"web-1", "web-2", "web-3"} {
		pods.put(unjudged(name).OwnedBy("ReplicaSet", "web").On("n").Obj())
	}
	late := unjudged("web-4").OwnedBy("ReplicaSet", "web").Obj()
	pods.put(late)
	if got := d.State(late).State; got != unschedulable.Fresh {
		t.Errorf("a new pod is %s although none of its owner is refused any more", got)
	}
}

// While the scheduler's writing lags behind, its reports say that it has looked at other nodes.
func TestAnotherReportSignalsUntilTheSchedulerHasWritten(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	pods.put(unjudged("p").Obj())
	received(t, d, about("p"), diagnosis.Taken)
	signalled(d)
	received(t, d, about("p"), diagnosis.Taken)
	if signalled(d) {
		t.Error("signal for the same report")
	}
	received(t, d, elsewhere("p"), diagnosis.Taken)
	if !signalled(d) {
		t.Error("no signal for another report")
	}
	written := unjudged("p").Unschedulable().Obj()
	pods.put(written)
	received(t, d, about("p"), diagnosis.Taken)
	if signalled(d) {
		t.Error("signal for another report, which the scheduler will write as another message")
	}
}

func TestTheNewestReportIsTold(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	pod := unjudged("p").Obj()
	pods.put(pod)
	received(t, d, about("p"), diagnosis.Taken)
	received(t, d, elsewhere("p"), diagnosis.Taken)
	want := "kube-scheduler found no node: 3 nodes: 2 by NodeResourcesFit (Insufficient cpu): a, b; 1 by TaintToleration: c"
	if got := d.State(pod).Message; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

func TestAReportIsToldWithinBounds(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	pod := unjudged("p").Obj()
	pods.put(pod)
	report := about("p")
	report.Nodes, report.Groups = 0, nil
	for i := range 20 {
		group := diagnosis.Group{Code: "Unschedulable", Reasons: []string{fmt.Sprintf("%02d %s", i, strings.Repeat("long", 100))}}
		for n := range 100 {
			group.Nodes = append(group.Nodes, fmt.Sprintf("node-%02d-%02d", i, n))
		}
		report.Groups, report.Nodes = append(report.Groups, group), report.Nodes+100
	}
	received(t, d, report, diagnosis.Taken)
	got := d.State(pod).Message
	const start = "kube-scheduler found no node: 2000 nodes: 100 by no plugin (00 longlong"
	const end = "...): node-07-00, node-07-01, node-07-02 and 97 more; 1200 for other reasons"
	if !strings.HasPrefix(got, start) || !strings.HasSuffix(got, end) || len(got) > 2500 {
		t.Errorf("message of %d bytes:\n%s\nwant it to start with\n%s\nand to end with\n%s", len(got), got, start, end)
	}
	report.Nodes, report.Groups = 0, nil
	received(t, d, report, diagnosis.Taken)
	if got, want := d.State(pod).Message, "kube-scheduler found no node: no nodes"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

// The planner sees a place where the scheduler refused the pod: its report tells why.
func TestAReportTellsWhatTheSimulationDoesNotKnow(t *testing.T) {
	tests := []struct {
		plugin, words, constraint string
	}{
		{"NodeResourcesFit", "Insufficient cpu", "cpu"},
		{"NodeResourcesFit", "Insufficient memory", "memory"},
		{"NodeResourcesFit", "Insufficient ephemeral-storage", "ephemeral_storage"},
		{"NodeResourcesFit", "Too many pods", "pods"},
		{"NodeResourcesFit", "Insufficient example.com/gpu", "extended_resource"},
		{"NodeAffinity", "node(s) didn't match Pod's node affinity/selector", "node_selector"},
		{"TaintToleration", "node(s) had untolerated taint(s)", "taint"},
		{"NodeUnschedulable", "node(s) were unschedulable", "taint"},
		{"NodePorts", "node(s) didn't have free ports for the requested pod ports", "host_port"},
		{"PodTopologySpread", "node(s) didn't match pod topology spread constraints", "topology_spread"},
		{"InterPodAffinity", "node(s) didn't match pod affinity rules", "affinity"},
		{"InterPodAffinity", "node(s) didn't match pod anti-affinity rules", "anti_affinity"},
		{"InterPodAffinity", "node(s) didn't satisfy existing pods anti-affinity rules", "anti_affinity"},
		{"VolumeZone", "node(s) had no available volume zone", "volume"},
		{"DynamicResources", "cannot allocate all claims", "extended_resource"},
		{"InterPodAffinity", "words of another version", "unknown"},
		{"SomebodyElses", "no", "unknown"},
	}
	for _, test := range tests {
		t.Run(test.plugin+" "+test.words, func(t *testing.T) {
			pods := &podCache{}
			d, written := measured(t, pods)
			pod := unjudged("p").Obj()
			pods.put(pod)
			report := about("p")
			report.Nodes, report.Groups = 1, []diagnosis.Group{{Plugin: test.plugin, Code: "Unschedulable", Reasons: []string{test.words}, Nodes: []string{"small"}}}
			received(t, d, report, diagnosis.Taken)
			simulated(t, d)
			written(unschedulableTotal, unschedulableTotal+`{constraint="`+test.constraint+`",namespace="default"} 1
`)
			want := "; the simulation finds a place on node small, which kube-scheduler refused by " + test.plugin + " (" + test.words + ")"
			if got := d.State(pod).Message; !strings.HasSuffix(got, want) {
				t.Errorf("message %q, want it to end with %q", got, want)
			}
		})
	}
}
