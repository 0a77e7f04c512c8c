package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// maxPollInterval is how often a machine that takes long is asked about.
const maxPollInterval = 10 * time.Second

// launch owns the condition Launched. The cloud knows no idempotency key, so a machine is asked for once: the intent is
// recorded before the call, and after a call whose effect is unknown the machine is awaited, never asked for again. Only a
// refusal, which proves that nothing was made, allows another call.
func (r *Reconciler) launch(ctx context.Context, l *life) (outcome, error) {
	launched := l.condition(v1alpha1.ConditionLaunched)
	switch {
	case launched == nil:
		return r.request(ctx, l)
	case launched.Status == metav1.ConditionTrue:
		return outcome{}, nil
	case launched.Status == metav1.ConditionUnknown:
		return r.await(ctx, l)
	case final(launched.Reason):
		return outcome{failed: launched.Message}, nil
	}
	if left := r.options.RetryInterval - l.sinceLaunched(); left > 0 && launched.Reason == v1alpha1.ReasonInvalidRequest {
		return waitFor(left), nil
	}
	return r.request(ctx, l)
}

// request asks the cloud for the machine, unless it is known beforehand that nothing would come of it.
func (r *Reconciler) request(ctx context.Context, l *life) (outcome, error) {
	draft, result, err := r.prepare(ctx, l)
	if err != nil || result.stop {
		return result, err
	}
	if left, reason, message := r.pause.left(l.began, r.options.PollInterval); left > 0 {
		// The message names the node that was refused last. Of nodes that wait for the same reason it is not written anew each time.
		if launched := l.condition(v1alpha1.ConditionLaunched); launched == nil || launched.Reason != reason {
			l.set(v1alpha1.ConditionLaunched, metav1.ConditionFalse, reason, message)
		}
		return waitFor(left), nil
	}
	l.set(v1alpha1.ConditionLaunched, metav1.ConditionUnknown, v1alpha1.ReasonRequested, "asking VPSie for the machine")
	if err := r.save(ctx, l); err != nil {
		return outcome{}, err
	}
	request, err := r.createRequest(ctx, l.object, draft)
	if err != nil {
		return r.refused(ctx, l, err)
	}
	err = r.Provider.Create(ctx, request)
	if err != nil && cloud.Rejected(err) {
		return r.refused(ctx, l, err)
	}
	return r.requested(ctx, l, err)
}

// requested goes on after a call that may have made a machine.
func (r *Reconciler) requested(ctx context.Context, l *life, err error) (outcome, error) {
	r.pause.end()
	message := "waiting for VPSie to build the machine"
	if err != nil {
		logr.FromContextOrDiscard(ctx).Info("the answer to a create request is unknown, looking for the machine", "node", l.object.Name, "error", err.Error())
		message = "looking for the machine: " + err.Error()
	}
	l.set(v1alpha1.ConditionLaunched, metav1.ConditionUnknown, v1alpha1.ReasonRequested, message)
	return waitFor(r.options.PollInterval), nil
}

// await looks for a machine that was asked for.
func (r *Reconciler) await(ctx context.Context, l *life) (outcome, error) {
	waited := l.sinceLaunched()
	poll := pollInterval(r.options.PollInterval, waited)
	machines, _, err := r.Inventory.Lookup(ctx, l.object.Name, l.began.Add(-poll/2))
	if err != nil {
		return outcome{}, fmt.Errorf("look for machine %s: %w", l.object.Name, err)
	}
	for _, machine := range machines {
		switch machine.State {
		case cloud.StateRunning:
			return outcome{}, r.found(ctx, l, machine)
		case cloud.StateBroken, cloud.StateEnding:
			return r.lost(l, v1alpha1.ReasonMachineBroken, fmt.Sprintf("VPSie reports machine %s as %s", machine.ID, machine.State))
		case cloud.StatePending:
		}
	}
	switch {
	case waited >= r.options.LaunchTimeout:
		return r.lost(l, v1alpha1.ReasonLaunchTimeout, fmt.Sprintf("the machine is not running %v after it was asked for", r.options.LaunchTimeout))
	case len(machines) == 0 && waited >= r.options.LostTimeout:
		return r.lost(l, v1alpha1.ReasonMachineLost, fmt.Sprintf("VPSie neither lists nor queues the machine %v after it was asked for", r.options.LostTimeout))
	}
	return waitFor(poll), nil
}

// found takes the machine for that of the VPSieNode, and with it the Node that it becomes.
func (r *Reconciler) found(ctx context.Context, l *life, machine cloud.Machine) (err error) {
	l.object.Status.MachineID, l.object.Status.Addresses = machine.ID, machine.Addresses
	l.set(v1alpha1.ConditionLaunched, metav1.ConditionTrue, v1alpha1.ReasonMachineListed, "waiting for the Node to join")
	if machine.NodeName != "" && machine.NodeName != l.object.Name {
		l.object.Status.NodeName = machine.NodeName
		l.node, err = r.nodeOf(ctx, l.object)
	}
	return err
}

// lost ends the wait for a machine. The status stays Unknown until the deletion has looked for it once more.
func (r *Reconciler) lost(l *life, reason, message string) (outcome, error) {
	l.set(v1alpha1.ConditionLaunched, metav1.ConditionUnknown, reason, message)
	return outcome{failed: message}, nil
}

// pollInterval grows with the time a machine has taken, from base to maxPollInterval.
func pollInterval(base, waited time.Duration) time.Duration {
	return min(max(base, waited/15), max(base, maxPollInterval))
}
