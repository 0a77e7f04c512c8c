package chaos

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// countDown makes a node one that the rebalancer has seen empty, and will remove if it stays so.
func countDown(t *testing.T, w *world, node string) {
	t.Helper()
	w.buy(t, build.VPSieNode(node, "chaos").Ready().Condition(v1alpha1.ConditionEmpty, metav1.ConditionTrue, v1alpha1.ReasonNoWorkload).Obj())
}

// buy makes a node one that the autoscaler has bought.
func (w *world) buy(t *testing.T, made *v1alpha1.VPSieNode) {
	t.Helper()
	scheme := runtime.NewScheme()
	must(t, v1alpha1.AddToScheme(scheme))
	api, err := client.New(w.cluster.Config(), client.Options{Scheme: scheme})
	must(t, err)
	made.Namespace, made.Finalizers, made.UID = w.namespace, nil, ""
	status := made.Status
	must(t, api.Create(t.Context(), made))
	t.Cleanup(func() { must(t, api.Delete(context.Background(), made)) })
	made.Status = status
	must(t, api.Status().Update(t.Context(), made))
}

// drain makes a node say that it is being drained.
func drain(t *testing.T, w *world, node string) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"status":{"conditions":[{"type":%q,"status":"True"}]}}`, corev1.NodeDrainInProgress)
	_, err := w.cluster.Client().CoreV1().Nodes().Patch(t.Context(), node, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	must(t, err)
}

// Given nodes in use and three empty ones, of which one stays, one counts down its removal and one is being drained, when pods come, then
// the real scheduler with the real extender places them on nodes in use, although it likes empty ones by itself; and what does not fit
// there goes to the empty ones in that order.
func TestPodsKeepOffNodesThatAreAboutToGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2500m")
	drained, candidate, idle := w.newNode(t), w.newNode(t), w.newNode(t)
	configuration := w.shipped(t)
	extender := newSidecar(t, configuration)
	countDown(t, w, candidate)
	drain(t, w, drained)
	extender.start(t)
	scheduler := startScheduler(t, configuration)
	w.place(t, "pod", podCount)
	for name, node := range w.placements(t, "pod", podCount) {
		if !slices.Contains(w.nodes, node) {
			t.Errorf("%s is on %s, want it on one of %v, which stay", name, node, w.nodes)
		}
	}
	want := map[string]string{"large-0": idle, "large-1": candidate, "large-2": drained}
	for i := range len(want) {
		w.createPod(t, w.pod(fmt.Sprintf("large-%d", i), "3"))
		w.awaitBound(t, "large", i+1)
	}
	if diff := cmp.Diff(want, w.placements(t, "large", len(want))); diff != "" {
		t.Errorf("the nodes of pods that came one after another (-want +got):\n%s", diff)
	}
	checkAttempts(t, scheduler, podCount+len(want))
	w.checkBystanders(t)
}

// Given the same nodes and a scheduler without an extender, then its pods go to the empty ones: what the test above shows is the
// extender's doing.
func TestWithoutTheExtenderEmptyNodesArePreferred(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2500m")
	empty := []string{w.newNode(t), w.newNode(t)}
	configuration := w.shipped(t)
	delete(configuration, "extenders")
	startScheduler(t, configuration)
	w.place(t, "pod", podCount)
	for name, node := range w.placements(t, "pod", podCount) {
		if !slices.Contains(empty, node) {
			t.Errorf("%s is on %s, want it on one of %v", name, node, empty)
		}
	}
}
