package lifecycle_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
)

const startupTaint = v1alpha1.TaintUninitialized + "="

// bought is a scenario with a machine that was bought for a pod.
func bought(t *testing.T, act func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		act(t, newWorld(t, build.VPSieNode(nodeName, "web").Label("tier", "front").For("shop/cart").Obj()))
	})
}

// Given a machine that was bought for a pod, when its Node has joined and is ready, then the Node has its labels and is still closed, and
// it counts as ready only when somebody has opened it.
func TestNodeThatExpectsPodsStaysClosed(t *testing.T) {
	bought(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseJoining)
		w.runFor(bootTime + readyTime + 10*time.Second)
		node := w.node()
		if node.Labels["tier"] != "front" || !opening.Ready(node) {
			t.Fatalf("labels %v, ready %t: want a Node that has joined", node.Labels, opening.Ready(node))
		}
		if diff := cmp.Diff([]string{startupTaint}, taintKeys(node)); diff != "" {
			t.Errorf("taints (-want +got):\n%s", diff)
		}
		if object := w.object(); object.Status.Phase != v1alpha1.PhaseJoining || object.Status.Message != "the Node is ready, and its pods are being nominated for it" {
			t.Errorf("phase %s, message %q", object.Status.Phase, object.Status.Message)
		}
		w.changeNode(func(node *corev1.Node) { node.Spec.Taints = nil })
		w.runUntil(v1alpha1.PhaseReady)
		w.runFor(time.Minute)
		if got := w.node().Spec.Taints; len(got) > 0 {
			t.Errorf("taints %v, want none", got)
		}
	})
}

// Given a Node that was opened once, when its kubelet registers it anew with the startup taint, then nobody is waited for.
func TestNodeThatWasOpenOnceIsNotClosedAgain(t *testing.T) {
	bought(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseJoining)
		w.runFor(bootTime + readyTime + 10*time.Second)
		w.changeNode(func(node *corev1.Node) { node.Spec.Taints = nil })
		w.runUntil(v1alpha1.PhaseReady)
		w.changeNode(func(node *corev1.Node) { node.Spec.Taints = []corev1.Taint{opening.Taint} })
		w.runFor(2 * time.Second)
		if got := taintKeys(w.node()); len(got) > 0 {
			t.Errorf("taints %v, want none", got)
		}
	})
}

// Given that Nodes are to be opened at once, then a Node that was bought for a pod is.
func TestNothingIsAwaitedWhenThatIsOff(t *testing.T) {
	bought(t, func(t *testing.T, w *world) {
		w.hasty = true
		w.restart()
		w.runUntil(v1alpha1.PhaseReady)
		if got := taintKeys(w.node()); len(got) > 0 {
			t.Errorf("taints %v, want none", got)
		}
	})
}

// Given a worker that the cloud makes join by itself, which knows no startup taint, when it was bought for a pod and is not ready yet,
// then it gets the taint together with its labels.
func TestWorkerThatIsNotReadyIsClosed(t *testing.T) {
	for name, c := range map[string]struct {
		node *build.NodeBuilder
		want []string
	}{
		"not ready": {build.Node(platformName).NotReady(), []string{startupTaint}},
		"ready":     {build.Node(platformName).Ready(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			bought(t, func(t *testing.T, w *world) {
				w.joins, w.boots = platformName, false
				w.rebuild(fake.Options{Capabilities: cloud.Capabilities{}})
				w.runUntil(v1alpha1.PhaseJoining)
				if err := w.api.Create(t.Context(), c.node.Obj()); err != nil {
					t.Fatal(err)
				}
				w.runFor(2 * time.Minute)
				node := w.node()
				if diff := cmp.Diff(c.want, taintKeys(node)); diff != "" || node.Labels["tier"] != "front" {
					t.Errorf("labels %v, taints (-want +got):\n%s", node.Labels, diff)
				}
				w.changeNode(func(node *corev1.Node) { node.Spec.Taints = nil })
				w.runFor(2 * time.Second)
				if got := taintKeys(w.node()); len(got) > 0 {
					t.Errorf("taints %v on a Node that was opened, want none", got)
				}
			})
		})
	}
}
