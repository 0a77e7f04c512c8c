package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
)

// Given pods that machines are bought for, when the machines have joined, then no Node is open before it is ready, and every pod was
// nominated for the Node that was bought for it, by a controller with no rights but those of the manifests.
func TestPodsAreNominatedForTheNodesThatWereBoughtForThem(t *testing.T) {
	namespace := newNamespace(t, nil)
	must(t, product.Client.Create(t.Context(), newGroup(namespace, "nominated")))
	seen := watchArrivals(t, namespace)
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "large", 3, "1500m", "1Gi")))
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "small", 4, "300m", "1Gi")))
	pods := awaitRunning(t, namespace, 7)
	objects, err := listNodes(t.Context(), namespace)
	must(t, err)
	eventually(t, "the watch to have seen every nomination", func(context.Context) error { return seen.lacksNominations(objects) })

	placed := 0
	for i := range objects {
		seen.checkOpening(t, &objects[i])
		for _, pod := range pods {
			if pod.Spec.NodeName == objects[i].NodeName() && slices.Contains(objects[i].Spec.Decision.Pods, namespace+"/"+pod.Name) {
				placed++
			}
		}
	}
	t.Logf("%d of %d pods run on the machine that was bought for them", placed, len(pods))
}

// lacksNominations is an error while a pod was not seen waiting for the Node that was bought for it.
func (a *arrivals) lacksNominations(objects []v1alpha1.VPSieNode) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range objects {
		for _, key := range objects[i].Spec.Decision.Pods {
			_, name, _ := strings.Cut(key, "/")
			if !slices.Contains(a.nominated[name], objects[i].NodeName()) {
				return fmt.Errorf("pod %s was bought %s and nominated for %v", name, objects[i].NodeName(), a.nominated[name])
			}
		}
	}
	return nil
}

// checkOpening checks that a Node was closed as long as it was not ready.
func (a *arrivals) checkOpening(t *testing.T, object *v1alpha1.VPSieNode) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(object.Spec.Decision.Pods) == 0 {
		return
	}
	opened := slices.IndexFunc(a.nodes[object.NodeName()], func(node *corev1.Node) bool { return !opening.Closed(node) })
	if opened < 0 || !opening.Ready(a.nodes[object.NodeName()][opened]) {
		t.Errorf("Node %s was opened before it was ready", object.NodeName())
	}
}
