package provisioner_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// small asks for a quarter of what a general-2 has.
func small(name string) *build.PodBuilder { return build.Pod(name).Requests("400m", "1Gi") }

// later lists what the last plan put on each machine beside the pods that it was bought for.
func (w *world) later() map[string][]string {
	found := map[string][]string{}
	for _, node := range w.bought() {
		for _, pod := range w.provisioner.Planned(node.Name) {
			if !slices.Contains(node.Spec.Decision.Pods, pod.String()) {
				bought := strings.Join(node.Spec.Decision.Pods, " ")
				found[bought] = append(found[bought], pod.Name)
			}
		}
	}
	return found
}

// Given machines that are on their way, when pods come that fit beside those they were bought for, then nothing more is bought, the
// machines are known to be planned for them as well, and a plan that is made again changes nothing.
func TestPodsThatComeLaterArePlannedForMachinesOnTheirWay(t *testing.T) {
	w := newWorld(t, web().Obj())
	w.waiting(small("a"), small("b"))
	w.plan()
	w.waiting(small("0"), small("a"), small("b"))
	for range 3 {
		w.plan()
		if diff := cmp.Diff(map[string][]string{"default/a default/b": {"0"}}, w.later()); diff != "" {
			t.Errorf("pods planned later (-want +got):\n%s", diff)
		}
	}
	if got := len(w.bought()); got != 1 {
		t.Errorf("%d machines, want 1", got)
	}
	w.waiting(small("a"), small("b"))
	w.plan()
	if got := w.later(); len(got) > 0 {
		t.Errorf("still planned for a pod that has gone: %v", got)
	}
}

// Given a machine on its way, when a pod comes that would take the place of those it was bought for, then they keep it, also in a process
// that has made no plan before.
func TestPodsKeepTheMachineThatWasBoughtForThem(t *testing.T) {
	w := newWorld(t, web().Obj())
	w.waiting(whole("z"))
	w.plan()
	w.restart(w.api)
	w.waiting(whole("a"), whole("z"))
	w.plan()
	w.wantShopping("web general-2: default/a", "web general-2: default/z")
	z := w.bought()[1]
	if diff := cmp.Diff([]types.NamespacedName{{Namespace: build.Namespace, Name: "z"}}, w.provisioner.Planned(z.Name)); diff != "" {
		t.Errorf("pods on the machine of z (-want +got):\n%s", diff)
	}
}

// Given pods that the scheduler comes to little by little, then what is bought within five seconds of the last purchase belongs together,
// and what is bought later does not.
func TestPurchasesInOneGoBelongTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, web().Obj())
		var plans []string
		for i, pause := range []time.Duration{0, 4 * time.Second, 5 * time.Second, 6 * time.Second} {
			time.Sleep(pause)
			w.demand.pods = append(w.demand.pods, whole(string(rune('a'+i))).Unschedulable().Obj())
			w.plan()
		}
		for _, node := range w.bought() {
			if node.Spec.Decision.PlanID == "" {
				t.Errorf("machine for %v has no plan", node.Spec.Decision.Pods)
			}
			plans = append(plans, node.Spec.Decision.PlanID)
		}
		if len(plans) != 4 || plans[0] != plans[1] || plans[1] != plans[2] || plans[2] == plans[3] {
			t.Errorf("plans %v, want the first three alike and the fourth another", plans)
		}
	})
}
