package lifecycle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// startupTaint is on every Node from its first moment, and keeps ordinary pods off until register has done its work.
var startupTaint = corev1.Taint{Key: v1alpha1.TaintUninitialized, Effect: corev1.TaintEffectNoSchedule}

// providerIDPrefix starts the provider ID of a Node, as VPSie's cloud controller manager reads it.
const providerIDPrefix = "vpsie://"

// register owns the condition Registered: the Node has joined and carries what its VPSieNode says.
func (r *Reconciler) register(ctx context.Context, l *life) (outcome, error) {
	if l.isTrue(v1alpha1.ConditionRegistered) {
		return outcome{}, nil
	}
	if l.node == nil {
		return r.awaitNode(l), nil
	}
	if err := r.mark(ctx, l); err != nil {
		return outcome{}, err
	}
	if err := r.Tokens.Withdraw(ctx, l.object.Name); err != nil {
		return outcome{}, err
	}
	l.set(v1alpha1.ConditionRegistered, metav1.ConditionTrue, v1alpha1.ReasonNodeJoined, "the Node has joined and carries its labels and taints")
	return outcome{}, nil
}

func (r *Reconciler) awaitNode(l *life) outcome {
	waited := l.sinceLaunched()
	if waited >= r.options.JoinTimeout {
		message := fmt.Sprintf("no Node %s registered %v after the machine was running", l.object.Name, r.options.JoinTimeout)
		l.set(v1alpha1.ConditionRegistered, metav1.ConditionFalse, v1alpha1.ReasonJoinTimeout, message)
		return outcome{failed: message}
	}
	l.set(v1alpha1.ConditionRegistered, metav1.ConditionFalse, v1alpha1.ReasonNodeAwaited, "waiting for the Node to join")
	return waitFor(r.options.JoinTimeout - waited)
}

// mark puts labels and taints on the Node, names its machine, and takes the startup taint off, all in one write: no pod can
// bind in between.
func (r *Reconciler) mark(ctx context.Context, l *life) error {
	before := l.node.DeepCopy()
	node := l.node
	if node.Labels == nil {
		node.Labels = map[string]string{}
	}
	maps.Copy(node.Labels, l.object.Spec.Labels)
	node.Labels[v1alpha1.LabelVPSieNode] = l.object.Name
	node.Spec.Taints = mergeTaints(node.Spec.Taints, l.object.Spec.Taints)
	if node.Spec.ProviderID == "" {
		node.Spec.ProviderID = providerIDPrefix + l.object.Status.MachineID
	}
	if !strings.HasSuffix(node.Spec.ProviderID, l.object.Status.MachineID) {
		return fmt.Errorf("Node %s says it is %q, but its machine is %s: delete the Node, or the VPSieNode of the same name", node.Name, node.Spec.ProviderID, l.object.Status.MachineID)
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, node, patch); err != nil {
		return fmt.Errorf("label and taint Node %s: %w", node.Name, err)
	}
	return nil
}

// mergeTaints adds the wanted taints to those of the Node, each key and effect once, and drops the startup taint.
func mergeTaints(present, wanted []corev1.Taint) []corev1.Taint {
	merged := slices.DeleteFunc(slices.Clone(present), func(t corev1.Taint) bool { return t.MatchTaint(&startupTaint) })
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
