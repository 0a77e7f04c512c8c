package e2e

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Given pods that nothing but the startup taint keeps off a node that has just registered, when machines join for them, then at the
// moment of each binding the Node carries every label and taint of its VPSieNode, and the startup taint no more. The same holds for
// every version of the Node without the startup taint, whether a pod was quick enough to meet it or not.
func TestPodsMeetOnlyNodesWithTheirLabelsAndTaints(t *testing.T) {
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "arrival")
	group.Spec.Labels["tier"] = "front"
	group.Spec.Taints = []corev1.Taint{{Key: "e2e", Value: namespace, Effect: corev1.TaintEffectNoSchedule}}
	must(t, product.Client.Create(t.Context(), group))
	seen := watchArrivals(t, namespace)

	deployment := newDeployment(namespace, "web", 8, "900m", "1Gi")
	deployment.Spec.Template.Spec.NodeSelector = nil // or the labels themselves would keep the pods off until they are there
	deployment.Spec.Template.Spec.Tolerations = []corev1.Toleration{{Key: "e2e", Value: namespace}}
	must(t, product.Client.Create(t.Context(), deployment))
	awaitRunning(t, namespace, 8)
	objects, err := listNodes(t.Context(), namespace)
	must(t, err)
	eventually(t, "the watch to have seen every binding", func(context.Context) error {
		if bound := len(seen.bindings()); bound < 8 {
			return fmt.Errorf("it has seen %d of 8", bound)
		}
		return nil
	})

	checked := 0
	for i := range objects {
		checked += seen.checkVersions(t, &objects[i])
	}
	bindings := seen.bindings()
	for _, pod := range bindings {
		seen.checkBinding(t, pod, objects)
	}
	t.Logf("%d bindings to %d nodes, %d versions of Nodes checked", len(bindings), len(objects), checked)
}

// arrivals is everything that a watch has told about Nodes and about the pods of a namespace, in the order of its events.
type arrivals struct {
	mu        sync.Mutex
	nodes     map[string][]*corev1.Node // by name, oldest version first
	bound     map[string]*corev1.Pod    // by name, as first seen with a node
	nominated map[string][]string       // nodes by the name of the pod that waited with a nomination for them
}

// watchArrivals watches from now on until the test ends.
func watchArrivals(t *testing.T, namespace string) *arrivals {
	t.Helper()
	watcher, err := client.NewWithWatch(product.Cluster.Config(), client.Options{Scheme: product.Client.Scheme()})
	must(t, err)
	a := &arrivals{nodes: map[string][]*corev1.Node{}, bound: map[string]*corev1.Pod{}, nominated: map[string][]string{}}
	for list, options := range map[client.ObjectList][]client.ListOption{
		&corev1.NodeList{}: nil, &corev1.PodList{}: {client.InNamespace(namespace)},
	} {
		events, err := watcher.Watch(t.Context(), list, options...)
		must(t, err)
		t.Cleanup(events.Stop)
		go a.follow(events.ResultChan())
	}
	return a
}

func (a *arrivals) follow(events <-chan watch.Event) {
	for event := range events {
		a.mu.Lock()
		switch object := event.Object.(type) {
		case *corev1.Node:
			a.nodes[object.Name] = append(a.nodes[object.Name], object)
		case *corev1.Pod:
			if object.Spec.NodeName != "" && a.bound[object.Name] == nil {
				a.bound[object.Name] = object
			}
			if promised := object.Status.NominatedNodeName; promised != "" && object.Spec.NodeName == "" {
				a.nominated[object.Name] = append(a.nominated[object.Name], promised)
			}
		}
		a.mu.Unlock()
	}
}

func (a *arrivals) bindings() []*corev1.Pod {
	a.mu.Lock()
	defer a.mu.Unlock()
	var pods []*corev1.Pod
	for _, pod := range a.bound {
		pods = append(pods, pod)
	}
	return pods
}

// checkVersions checks every version of a Node that ordinary pods could have met, and returns how many versions there were.
func (a *arrivals) checkVersions(t *testing.T, object *v1alpha1.VPSieNode) int {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	versions := a.nodes[object.Name]
	if len(versions) == 0 || !hasTaint(versions[0], corev1.Taint{Key: v1alpha1.TaintUninitialized, Effect: corev1.TaintEffectNoSchedule}) {
		t.Errorf("Node %s did not register with the startup taint", object.Name)
	}
	for _, node := range versions {
		if faults := lacks(node, object); len(faults) > 0 && !hasTaintKey(node, v1alpha1.TaintUninitialized) {
			t.Errorf("Node %s, version %s, is open to pods and lacks %v", node.Name, node.ResourceVersion, faults)
		}
	}
	return len(versions)
}

// checkBinding checks the Node as it was when the pod was bound to it: its last version before that of the pod.
func (a *arrivals) checkBinding(t *testing.T, pod *corev1.Pod, objects []v1alpha1.VPSieNode) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	var node *corev1.Node
	for _, version := range a.nodes[pod.Spec.NodeName] {
		if revision(t, version) < revision(t, pod) {
			node = version
		}
	}
	if node == nil {
		t.Errorf("pod %s was bound to %s before that Node was seen", pod.Name, pod.Spec.NodeName)
		return
	}
	if hasTaintKey(node, v1alpha1.TaintUninitialized) {
		t.Errorf("pod %s was bound to %s in spite of the startup taint", pod.Name, node.Name)
	}
	for i := range objects {
		if objects[i].Name == node.Name {
			if faults := lacks(node, &objects[i]); len(faults) > 0 {
				t.Errorf("pod %s was bound to %s while that lacked %v", pod.Name, node.Name, faults)
			}
			return
		}
	}
	t.Errorf("pod %s was bound to %s, which has no VPSieNode", pod.Name, node.Name)
}

// revision orders the writes to the API server: all kinds here share one sequence.
func revision(t *testing.T, object client.Object) uint64 {
	t.Helper()
	number, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	must(t, err)
	return number
}

// lacks lists the labels and taints of a VPSieNode that its Node does not carry.
func lacks(node *corev1.Node, object *v1alpha1.VPSieNode) []string {
	var missing []string
	for key, value := range object.Spec.Labels {
		if node.Labels[key] != value {
			missing = append(missing, "label "+key)
		}
	}
	for _, taint := range object.Spec.Taints {
		if !hasTaint(node, taint) {
			missing = append(missing, "taint "+taint.Key)
		}
	}
	return missing
}

func hasTaint(node *corev1.Node, wanted corev1.Taint) bool {
	for _, taint := range node.Spec.Taints {
		if taint.MatchTaint(&wanted) && taint.Value == wanted.Value {
			return true
		}
	}
	return false
}

func hasTaintKey(node *corev1.Node, key string) bool {
	for _, taint := range node.Spec.Taints {
		if taint.Key == key {
			return true
		}
	}
	return false
}
