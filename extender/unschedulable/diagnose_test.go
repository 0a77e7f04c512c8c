package unschedulable_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// measured is a detector with metrics, and what it has written of one metric.
func measured(t *testing.T, pods *podCache) (d *unschedulable.Detector, written func(metric, want string)) {
	t.Helper()
	d = newDetector(t, pods)
	registry := prometheus.NewPedanticRegistry()
	metrics, err := unschedulable.NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	d.Measure(metrics)
	return d, func(metric, want string) {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			if family.GetName() == metric {
				want = "# HELP " + metric + " " + family.GetHelp() + "\n# TYPE " + metric + " " + strings.ToLower(family.GetType().String()) + "\n" + want
			}
		}
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), metric); err != nil {
			t.Error(err)
		}
	}
}

// simulated has a detector diagnose what waits in a cluster with one node of one core, and tells how often it simulated.
func simulated(t *testing.T, d *unschedulable.Detector) int {
	t.Helper()
	pods, err := d.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	small := plan.Node{Name: "small", Allocatable: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi"), corev1.ResourcePods: resource.MustParse("2"),
	}}
	times := 0
	d.Diagnose(&plan.Snapshot{Pods: pods, Nodes: []plan.Node{small}}, func(s *plan.Snapshot) []plan.Diagnosis {
		times++
		return plan.Diagnose(s)
	})
	return times
}

const unschedulableTotal = "vpsie_autoscaler_unschedulable_pods_total"

func TestEachPodIsCountedOnceByWhatKeepsItOffTheNodes(t *testing.T) {
	pods := &podCache{}
	d, written := measured(t, pods)
	pods.put(build.Pod("big").Requests("2", "1Mi").Unschedulable().Obj())
	pods.put(build.Pod("fat").Requests("1m", "2Gi").Unschedulable().Obj())
	pods.put(build.Pod("picky").Selects("disk", "ssd").Unschedulable().Obj())
	if n := simulated(t, d); n != 1 {
		t.Errorf("%d simulations", n)
	}
	want := unschedulableTotal + `{constraint="cpu",namespace="default"} 1
` + unschedulableTotal + `{constraint="memory",namespace="default"} 1
` + unschedulableTotal + `{constraint="node_selector",namespace="default"} 1
`
	written(unschedulableTotal, want)
	pods.put(build.Pod("big").Requests("2", "1Mi").Unschedulable().Message("0/2 nodes are available").Obj())
	if n := simulated(t, d); n != 0 {
		t.Errorf("%d simulations although all pods are known", n)
	}
	written(unschedulableTotal, want)
	pods.put(build.Pod("big-2").Requests("2", "1Mi").Unschedulable().Obj())
	simulated(t, d)
	written(unschedulableTotal, strings.Replace(want, "} 1", "} 2", 1))
}

func TestAPodThatFitsIsUnknownOnceTheSchedulerRefusesIt(t *testing.T) {
	pods := &podCache{}
	d, written := measured(t, pods)
	pods.put(build.Pod("web-1").OwnedBy("ReplicaSet", "web").Requests("2", "1Mi").Unschedulable().Obj())
	sibling := func() *build.PodBuilder { return build.Pod("web-2").OwnedBy("ReplicaSet", "web").Requests("1m", "1Mi") }
	pods.put(sibling().Obj())
	simulated(t, d)
	want := unschedulableTotal + `{constraint="cpu",namespace="default"} 1
`
	written(unschedulableTotal, want)
	if n := simulated(t, d); n != 0 {
		t.Errorf("%d simulations although nothing has changed", n)
	}
	pods.put(sibling().Unschedulable().Obj())
	simulated(t, d)
	written(unschedulableTotal, want+unschedulableTotal+`{constraint="unknown",namespace="default"} 1
`)
}

func TestStateExplainsWhatTheSimulationSays(t *testing.T) {
	pods := &podCache{}
	d, _ := measured(t, pods)
	big, small := build.Pod("big").Requests("2", "1Mi").Unschedulable().Obj(), build.Pod("small").Unschedulable().Obj()
	pods.put(big)
	pods.put(small)
	const refused = "kube-scheduler found no node: no message"
	if got := d.State(big).Message; got != refused {
		t.Errorf("before a simulation: %q", got)
	}
	simulated(t, d)
	if got, want := d.State(big).Message, refused+"; the simulation says cpu; nodes by what keeps it off them: cpu 1"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	if got, want := d.State(small).Message, refused+"; the simulation finds a place on node small"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	elsewhere := build.Pod("elsewhere").On("n").Obj()
	if got := d.State(elsewhere); got.State != unschedulable.Bound || got.Message != "it has node n" {
		t.Errorf("a pod that has a node stands at %v", got)
	}
}

func TestPodsAreMeasuredByStateAndAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{}
		d, written := measured(t, pods)
		pods.put(build.Pod("gated").Gated().Obj())
		pods.put(build.Pod("foreign").Scheduler("volcano").Obj())
		time.Sleep(30 * time.Second)
		pods.put(build.Pod("fresh").Obj())
		pods.put(build.Pod("refused").Unschedulable().Obj())
		pods.put(build.Pod("bound").On("n").Obj())
		time.Sleep(500 * time.Millisecond)
		pods.put(build.Pod("refused-later").Unschedulable().Obj())
		pending(t, d)
		states := func(metric string, values map[unschedulable.State]string) string {
			var text strings.Builder
			for _, state := range []unschedulable.State{unschedulable.Aged, unschedulable.Daemon, unschedulable.Erred, unschedulable.Flagged,
				unschedulable.Foreign, unschedulable.Fresh, unschedulable.Gated, unschedulable.Nominated, unschedulable.Queued, unschedulable.Sibling} {
				value := values[state]
				if value == "" {
					value = "0"
				}
				text.WriteString(metric + `{state="` + string(state) + `"} ` + value + "\n")
			}
			return text.String()
		}
		const count, oldest = "vpsie_autoscaler_pending_pods_state", "vpsie_autoscaler_pending_pods_oldest_seconds"
		written(count, states(count, map[unschedulable.State]string{
			unschedulable.Flagged: "2", unschedulable.Fresh: "1", unschedulable.Gated: "1", unschedulable.Foreign: "1",
		}))
		written(oldest, states(oldest, map[unschedulable.State]string{
			unschedulable.Flagged: "0.5", unschedulable.Fresh: "0.5", unschedulable.Gated: "30.5", unschedulable.Foreign: "30.5",
		}))
	})
}

func TestASecondDetectorOnTheSameRegistryIsRefused(t *testing.T) {
	registry := prometheus.NewRegistry()
	if _, err := unschedulable.NewMetrics(registry); err != nil {
		t.Fatal(err)
	}
	if _, err := unschedulable.NewMetrics(registry); err == nil {
		t.Error("no error")
	}
}
