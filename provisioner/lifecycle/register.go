package lifecycle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
)

// providerIDPrefix starts the provider ID of a Node, as VPSie's cloud controller manager reads it.
const providerIDPrefix = "vpsie://"

// register owns the condition Registered: the Node has joined and carries what its VPSieNode says. It is looked at again whenever
// the Node changes, and what somebody has taken off is put back.
func (r *Reconciler) register(ctx context.Context, l *life) (outcome, error) {
	registered := l.isTrue(v1alpha1.ConditionRegistered)
	if l.node == nil && registered {
		return outcome{}, nil
	}
	if l.node == nil {
		return r.awaitNode(l), nil
	}
	if err := r.mark(ctx, l); err != nil {
		return outcome{}, err
	}
	if registered {
		return outcome{}, nil
	}
	if err := r.withdrawToken(ctx, l.object.Name); err != nil {
		return outcome{}, err
	}
	l.set(v1alpha1.ConditionRegistered, metav1.ConditionTrue, v1alpha1.ReasonNodeJoined, "the Node has joined and carries its labels and taints")
	return outcome{}, nil
}

// withdrawToken ends the token of a machine, where machines have one.
func (r *Reconciler) withdrawToken(ctx context.Context, hostname string) error {
	if !r.can(cloud.CapabilityUserData) {
		return nil
	}
	return r.Tokens.Withdraw(ctx, hostname)
}

func (r *Reconciler) awaitNode(l *life) outcome {
	waited := l.sinceLaunched()
	switch {
	case l.missing:
		message := fmt.Sprintf("VPSie no longer lists machine %s", l.object.Status.MachineID)
		l.set(v1alpha1.ConditionRegistered, metav1.ConditionFalse, v1alpha1.ReasonMachineMissing, message)
		return outcome{failed: message}
	case waited >= r.options.JoinTimeout:
		message := fmt.Sprintf("no Node %s registered %v after the machine was running", l.object.NodeName(), r.options.JoinTimeout)
		l.set(v1alpha1.ConditionRegistered, metav1.ConditionFalse, v1alpha1.ReasonJoinTimeout, message)
		return outcome{failed: message}
	}
	l.set(v1alpha1.ConditionRegistered, metav1.ConditionFalse, v1alpha1.ReasonNodeAwaited, "waiting for the Node to join")
	return outcome{again: r.options.JoinTimeout - waited}
}

// mark puts labels and taints on the Node, names its machine, and takes the startup taint off unless the Node expects pods, all in
// one write: no pod can bind in between. It writes nothing to a Node that has all of it, and touches nothing that is not of the
// VPSieNode.
func (r *Reconciler) mark(ctx context.Context, l *life) error {
	before, node := l.node.DeepCopy(), l.node
	if err := r.claim(l.object, node); err != nil {
		return err
	}
	if node.Labels == nil {
		node.Labels = map[string]string{}
	}
	maps.Copy(node.Labels, l.object.Spec.Labels)
	node.Labels[v1alpha1.LabelVPSieNode] = l.object.Name
	node.Spec.Taints = mergeTaints(r.startupTaint(l), l.object.Spec.Taints)
	if equality.Semantic.DeepEqual(before, node) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, node, patch); err != nil {
		return fmt.Errorf("label and taint Node %s: %w", node.Name, err)
	}
	return nil
}

// claim makes sure that a Node is that of a VPSieNode's machine. Where the cloud makes machines join by itself it names the Node, and
// the Node's provider ID is its own.
func (r *Reconciler) claim(object *v1alpha1.VPSieNode, node *corev1.Node) error {
	if owner := node.Labels[v1alpha1.LabelVPSieNode]; owner != "" && owner != object.Name {
		return fmt.Errorf("Node %s belongs to VPSieNode %s by its label %s: delete the Node, or VPSieNode %s", node.Name, owner, v1alpha1.LabelVPSieNode, object.Name)
	}
	if !r.can(cloud.CapabilityUserData) {
		return nil
	}
	machineID := object.Status.MachineID
	if node.Spec.ProviderID == "" {
		node.Spec.ProviderID = providerIDPrefix + machineID
	}
	if !strings.HasSuffix(node.Spec.ProviderID, machineID) {
		return fmt.Errorf("Node %s says it is %q, but its machine is %s: delete the Node, or the VPSieNode of the same name", node.Name, node.Spec.ProviderID, machineID)
	}
	return nil
}

// startupTaint returns the taints of the Node with the startup taint on or off. Workers that the cloud makes join by itself come without
// it, and get it if they are not ready yet.
func (r *Reconciler) startupTaint(l *life) []corev1.Taint {
	taints := l.node.Spec.Taints
	switch {
	case !r.options.AwaitOpening || !opening.Expects(l.object):
		return opening.WithoutTaint(taints)
	case !opening.Closed(l.node) && !opening.Ready(l.node) && !l.isTrue(v1alpha1.ConditionRegistered):
		return append(slices.Clone(taints), opening.Taint)
	}
	return taints
}

// mergeTaints adds the wanted taints to those of the Node, each key and effect once.
func mergeTaints(present, wanted []corev1.Taint) []corev1.Taint {
	merged := slices.Clone(present)
	for _, taint := range wanted {
		same := func(t corev1.Taint) bool { return t.MatchTaint(&taint) }
		if i := slices.IndexFunc(merged, same); i >= 0 {
			merged[i].Value = taint.Value
			continue
		}
		merged = append(merged, taint)
	}
	return merged
}
