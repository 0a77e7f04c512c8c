package lifecycle

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
)

// hold keeps the VPSieNode in existence until release lets it go. The provisioner makes it with the finalizer; one that was made
// by hand may lack it, and its deletion would leave the machine behind.
func (r *Reconciler) hold(ctx context.Context, l *life) (outcome, error) {
	if !controllerutil.AddFinalizer(l.object, v1alpha1.FinalizerVPSieNode) {
		return outcome{}, nil
	}
	patch := client.MergeFromWithOptions(l.saved, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, l.object, patch); err != nil {
		return outcome{}, fmt.Errorf("put the finalizer on VPSieNode %s: %w", l.object.Name, err)
	}
	l.saved = l.object.DeepCopy()
	return outcome{}, nil
}

// drain owns the condition Drained. A node that is already gone has nothing to drain.
func (r *Reconciler) drain(ctx context.Context, l *life) (outcome, error) {
	if l.isTrue(v1alpha1.ConditionDrained) {
		return outcome{}, nil
	}
	if l.node == nil {
		l.set(v1alpha1.ConditionDrained, metav1.ConditionTrue, v1alpha1.ReasonDrained, "there is no Node to drain")
		return outcome{}, nil
	}
	if ready := l.condition(v1alpha1.ConditionReady); ready != nil && ready.Reason == v1alpha1.ReasonMachineMissing && !opening.Ready(l.node) {
		l.set(v1alpha1.ConditionDrained, metav1.ConditionTrue, v1alpha1.ReasonDrained, "the machine has gone, and with it every pod")
		return outcome{}, r.save(ctx, l)
	}
	done, message, err := r.Drainer.Drain(ctx, l.node)
	if err != nil {
		return outcome{}, fmt.Errorf("drain Node %s: %w", l.node.Name, err)
	}
	if !done {
		l.set(v1alpha1.ConditionDrained, metav1.ConditionFalse, v1alpha1.ReasonDraining, message)
		return waitFor(r.options.PollInterval), nil
	}
	l.set(v1alpha1.ConditionDrained, metav1.ConditionTrue, v1alpha1.ReasonDrained, "no workload pod is left")
	// Nothing irreversible follows before this is on record.
	return outcome{}, r.save(ctx, l)
}

// removeNode deletes the Node. It runs again until the machine is gone, since a kubelet that restarts registers anew.
func (r *Reconciler) removeNode(ctx context.Context, l *life) (outcome, error) {
	if l.node == nil {
		return outcome{}, nil
	}
	err := r.Client.Delete(ctx, l.node, client.Preconditions{UID: &l.node.UID})
	if client.IgnoreNotFound(err) != nil {
		return outcome{}, fmt.Errorf("delete Node %s: %w", l.node.Name, err)
	}
	return outcome{}, nil
}

// removeMachine deletes every machine with the host name of the VPSieNode and waits until none is listed.
func (r *Reconciler) removeMachine(ctx context.Context, l *life) (outcome, error) {
	launched := l.condition(v1alpha1.ConditionLaunched)
	if launched == nil || launched.Status == metav1.ConditionFalse {
		return outcome{}, nil // nothing was ever made
	}
	if foreign, _ := r.belong(ctx, l); foreign.stop {
		return foreign, nil
	}
	machines, _, err := r.Inventory.Lookup(ctx, l.object.Name, l.began)
	if err != nil {
		return outcome{}, fmt.Errorf("look for machine %s: %w", l.object.Name, err)
	}
	if l.object.Status.MachineID != "" && len(machines) == 0 {
		machines, err = r.unlisted(ctx, l.object.Status.MachineID)
		if err != nil {
			return outcome{}, err
		}
	}
	for _, machine := range machines {
		if machine.State == cloud.StatePending || machine.State == cloud.StateEnding {
			continue
		}
		err := r.Provider.Delete(ctx, machine)
		if wait := cloud.Advise(err).After; err != nil && wait > 0 {
			l.object.Status.Message = fmt.Sprintf("delete machine %s: %v", machine.ID, err)
			return waitFor(wait), nil
		}
		if err != nil {
			return outcome{}, fmt.Errorf("delete machine %s (%s): %w", machine.ID, machine.Hostname, err)
		}
	}
	if len(machines) > 0 {
		l.object.Status.Message = "waiting for VPSie to delete the machine"
		return waitFor(r.options.PollInterval), nil
	}
	if l.object.Status.MachineID != "" {
		return outcome{}, nil
	}
	return r.disbelieve(l), nil
}

// unlisted asks for a machine by its identifier that a list no longer has: an empty list alone ends nothing.
func (r *Reconciler) unlisted(ctx context.Context, id string) ([]cloud.Machine, error) {
	machine, err := r.Provider.Machine(ctx, id)
	switch {
	case errors.Is(err, cloud.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("make sure that machine %s is gone: %w", id, err)
	}
	return []cloud.Machine{machine}, nil
}

// disbelieve waits a while for a machine that was asked for and never seen: it may still come.
func (r *Reconciler) disbelieve(l *life) outcome {
	asked := l.sinceLaunched()
	deleted := l.began.Sub(l.object.DeletionTimestamp.Time)
	if left := r.options.LostTimeout - min(asked, deleted); left > 0 {
		l.object.Status.Message = "making sure that VPSie does not build the machine after all"
		return waitFor(min(left, maxPollInterval))
	}
	return outcome{}
}

// release lets the VPSieNode go.
func (r *Reconciler) release(ctx context.Context, l *life) (outcome, error) {
	if err := r.withdrawToken(ctx, l.object.Name); err != nil {
		return outcome{}, err
	}
	if !controllerutil.ContainsFinalizer(l.object, v1alpha1.FinalizerVPSieNode) {
		return outcome{}, nil
	}
	if err := r.save(ctx, l); err != nil {
		return outcome{}, err
	}
	controllerutil.RemoveFinalizer(l.object, v1alpha1.FinalizerVPSieNode)
	patch := client.MergeFromWithOptions(l.saved, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, l.object, patch); err != nil {
		return outcome{}, fmt.Errorf("release VPSieNode %s: %w", l.object.Name, err)
	}
	took := l.began.Sub(l.object.DeletionTimestamp.Time)
	r.Metrics.TerminationDuration.WithLabelValues(l.object.Spec.NodeGroupName, l.object.Namespace).Observe(took.Seconds())
	r.Events.Eventf(l.object, nil, corev1.EventTypeNormal, EventRemoved, "Delete", "the machine is gone")
	if r.Gone != nil {
		r.Gone(l.object.UID)
	}
	r.Released()
	return outcome{}, nil
}
