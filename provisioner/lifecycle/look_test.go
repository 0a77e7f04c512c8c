package lifecycle_test

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// changeNode changes the Node, if there is one.
func (w *world) changeNode(apply func(*corev1.Node)) {
	node := w.node()
	if node == nil {
		return
	}
	apply(node)
	status := node.Status.DeepCopy()
	if err := w.api.Update(context.Background(), node); err != nil {
		w.t.Errorf("change Node: %v", err)
	}
	node.Status = *status
	if err := w.api.Status().Update(context.Background(), node); err != nil {
		w.t.Errorf("change Node: %v", err)
	}
}

// machines are those that stand in the cloud now, whatever their state.
func (w *world) machines() []cloud.Machine {
	machines, err := w.cloud.Machines(context.Background(), cloud.Filter{HostnamePrefix: prefix})
	if err != nil {
		w.t.Errorf("list machines: %v", err)
	}
	return machines
}

// object is the VPSieNode; nil when it is gone.
func (w *world) object() *v1alpha1.VPSieNode {
	var object v1alpha1.VPSieNode
	return get(w, client.ObjectKey{Namespace: build.Namespace, Name: nodeName}, &object)
}

// node is the Node; nil when there is none.
func (w *world) node() *corev1.Node {
	var node corev1.Node
	return get(w, client.ObjectKey{Name: w.joins}, &node)
}

// group is the NodeGroup; nil when it is gone.
func (w *world) group() *v1alpha1.NodeGroup {
	var group v1alpha1.NodeGroup
	return get(w, client.ObjectKey{Namespace: build.Namespace, Name: "web"}, &group)
}

// changeGroup changes the NodeGroup.
func (w *world) changeGroup(apply func(*v1alpha1.NodeGroup)) {
	w.t.Helper()
	group := w.group()
	apply(group)
	if err := w.api.Update(w.t.Context(), group); err != nil {
		w.t.Fatal(err)
	}
}

func get[T client.Object](w *world, key client.ObjectKey, object T) T {
	var none T
	err := w.api.Get(context.Background(), key, object)
	switch {
	case apierrors.IsNotFound(err):
		return none
	case err != nil:
		w.t.Fatalf("read %s: %v", key, err)
	}
	return object
}

// delete asks for the end of the VPSieNode.
func (w *world) delete() {
	w.t.Helper()
	if err := w.api.Delete(w.t.Context(), w.object()); err != nil {
		w.t.Fatal(err)
	}
}

// machine is the one machine that stands in the cloud.
func (w *world) machine() cloud.Machine {
	w.t.Helper()
	machines := w.machines()
	if len(machines) != 1 {
		w.t.Fatalf("%d machines, want 1: %v", len(machines), machines)
	}
	return machines[0]
}

// phase is that of the VPSieNode; "Gone" when there is none.
func (w *world) phase() string {
	if object := w.object(); object != nil {
		return object.Status.Phase
	}
	return "Gone"
}

func (w *world) reason(condition string) string {
	if object := w.object(); object != nil {
		if found := meta.FindStatusCondition(object.Status.Conditions, condition); found != nil {
			return found.Reason
		}
	}
	return ""
}

// creates are the create calls that the cloud received.
func (w *world) creates() []fake.Call { return w.cloud.Calls(fake.OpCreate) }

// tokens counts the bootstrap tokens.
func (w *world) tokens() int {
	var list corev1.SecretList
	if err := w.api.List(context.Background(), &list, client.InNamespace(metav1.NamespaceSystem)); err != nil {
		w.t.Fatal(err)
	}
	return len(list.Items)
}

func (w *world) wantGone() {
	w.t.Helper()
	if machines, tokens := w.machines(), w.tokens(); w.object() != nil || w.node() != nil || len(machines) != 0 || tokens != 0 {
		w.t.Errorf("left over: VPSieNode %t, Node %t, machines %v, tokens %d", w.object() != nil, w.node() != nil, machines, tokens)
	}
}
