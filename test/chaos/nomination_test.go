package chaos

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// Given more nodes with room than the scheduler looks at, and pods that each have a node which was bought for them, when some of them are
// nominated and the extender scores the nodes of the others, then all nominated pods come to their nodes, and of the others only those
// whose node is in the sample.
func TestNominationsFindNodesThatTheSampleHides(t *testing.T) {
	t.Parallel()
	const pods = 20
	w := newWorld(t, "500m")
	nodes := w.newNodes(t, 150) // the scheduler looks at 100
	configuration := w.shipped(t)
	extender := newSidecar(t, configuration)
	for i := range pods {
		w.hold(t, fmt.Sprintf("scored-%d", i))
		w.buy(t, build.VPSieNode(nodes[i], "chaos").Ready().For(fmt.Sprintf("%s/scored-%d", w.namespace, i)).Obj())
		w.hold(t, fmt.Sprintf("nominated-%d", i))
		w.patch(t, fmt.Sprintf("nominated-%d", i), fmt.Sprintf(`{"status":{"nominatedNodeName":%q}}`, nodes[pods+i]), "status")
	}
	extender.start(t)
	scheduler := startScheduler(t, configuration)
	for i := range pods {
		for _, prefix := range []string{"scored", "nominated"} {
			w.patch(t, fmt.Sprintf("%s-%d", prefix, i), `{"spec":{"schedulingGates":null}}`)
		}
	}
	w.awaitBound(t, "nominated", pods)
	w.awaitBound(t, "scored", pods)
	scored, nominated := w.found(t, "scored", nodes[:pods]), w.found(t, "nominated", nodes[pods:2*pods])
	t.Logf("of %d nodes with room, %d of %d pods found theirs by nomination, %d of %d by score", len(nodes)+nodeCount, nominated, pods, scored, pods)
	if nominated != pods {
		t.Errorf("%d of %d nominated pods are on their node", nominated, pods)
	}
	if scored == 0 || scored == pods {
		t.Errorf("%d of %d pods found their node by its score: want some, those whose node is in the sample", scored, pods)
	}
	checkAttempts(t, scheduler, 2*pods)
}

// found counts the pods that are on the node of the same number.
func (w *world) found(t *testing.T, prefix string, nodes []string) (count int) {
	t.Helper()
	places := w.placements(t, prefix, len(nodes))
	for i, node := range nodes {
		if places[fmt.Sprintf("%s-%d", prefix, i)] == node {
			count++
		}
	}
	return count
}

// hold creates a pod that the scheduler does not try yet.
func (w *world) hold(t *testing.T, name string) {
	t.Helper()
	pod := w.pod(name, "100m")
	pod.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "chaos/hold"}}
	w.createPod(t, pod)
}

func (w *world) patch(t *testing.T, pod, patch string, subresources ...string) {
	t.Helper()
	_, err := w.pods().Patch(t.Context(), pod, types.MergePatchType, []byte(patch), metav1.PatchOptions{}, subresources...)
	must(t, err)
}
