package lifecycle_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

const platformName = "wrk-7f3a"

// managed is a scenario with a cloud that makes machines join by itself, under names of its own.
func managed(t *testing.T, act func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.VPSieNode(nodeName, "web").Label("tier", "front").Taint("dedicated", "web", corev1.TaintEffectNoSchedule).Obj())
		w.joins = platformName
		w.rebuild(fake.Options{Capabilities: cloud.Capabilities{}})
		act(t, w)
	})
}

func TestMachineThatJoinsByItselfBecomesANodeUnderItsOwnName(t *testing.T) {
	managed(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		if request := w.creates()[0].Request; request.Hostname != nodeName || len(request.UserData) != 0 || w.tokens() != 0 {
			t.Errorf("asked for %s with %d bytes of user data and %d tokens, want neither", request.Hostname, len(request.UserData), w.tokens())
		}
		if got := w.object().NodeName(); got != platformName {
			t.Errorf("NodeName %s, want %s", got, platformName)
		}
		node := w.node()
		if node.Labels["tier"] != "front" || node.Labels[v1alpha1.LabelVPSieNode] != nodeName || node.Spec.ProviderID != "" {
			t.Errorf("labels %v, provider %q; want ours and no provider ID", node.Labels, node.Spec.ProviderID)
		}
		if diff := cmp.Diff([]string{"dedicated=web"}, taintKeys(node)); diff != "" {
			t.Errorf("taints (-want +got):\n%s", diff)
		}
		for _, write := range w.writes {
			if write == "create Secret" || write == "delete Secret" || write == "cloud configure" {
				t.Errorf("%s where the cloud can do without", write)
			}
		}
		w.runFor(time.Minute)
		w.delete()
		w.runUntil("Gone")
		w.wantGone()
	})
}

// Given a Node that bears the label of another VPSieNode, when the cloud names it for this one, then it is not taken.
func TestNodeOfAnotherVPSieNodeIsNotTaken(t *testing.T) {
	managed(t, func(t *testing.T, w *world) {
		w.boots = false
		if err := w.api.Create(t.Context(), build.Node(platformName).Ready().Label(v1alpha1.LabelVPSieNode, "prod-web-2").Obj()); err != nil {
			t.Fatal(err)
		}
		w.runFor(options.JoinTimeout)
		if node := w.node(); node.Labels["tier"] != "" || w.phase() == v1alpha1.PhaseReady {
			t.Errorf("labels %v, phase %s", node.Labels, w.phase())
		}
	})
}

// Given a Node that happens to be called like the VPSieNode, when the machine joins under the name that the cloud gave it, then only
// that one is taken.
func TestNodeThatOnlyBearsTheNameIsNotTaken(t *testing.T) {
	managed(t, func(t *testing.T, w *world) {
		namesake := build.Node(nodeName).Ready().Obj()
		if err := w.api.Create(t.Context(), namesake.DeepCopy()); err != nil {
			t.Fatal(err)
		}
		w.runUntil(v1alpha1.PhaseReady)
		var after corev1.Node
		if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(namesake), &after); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(namesake.Labels, after.Labels); diff != "" || w.node().Labels["tier"] != "front" {
			t.Errorf("labels of the namesake (-before +after):\n%s\nlabels of the Node: %v", diff, w.node().Labels)
		}
	})
}

// Given two VPSieNodes that were told the same Node, when both claim it from the same read, then one has it.
func TestOneOfTwoThatClaimANodeWins(t *testing.T) {
	managed(t, func(t *testing.T, w *world) {
		w.intercept = func(write string, act func() error) error {
			if write == "patch Node" && w.node().Labels[v1alpha1.LabelVPSieNode] == "" { // between the read and the write, the other one claims it
				w.changeNode(func(node *corev1.Node) { node.Labels[v1alpha1.LabelVPSieNode] = "prod-web-2" })
			}
			return act()
		}
		w.runFor(2 * (buildTime + bootTime + readyTime))
		if node := w.node(); node.Labels[v1alpha1.LabelVPSieNode] != "prod-web-2" || node.Labels["tier"] != "" {
			t.Errorf("labels %v, want those of the first alone", node.Labels)
		}
	})
}
