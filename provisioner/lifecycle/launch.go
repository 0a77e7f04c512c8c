package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
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
	if left := r.options.RetryInterval - l.sinceLaunched(); left > 0 {
		return waitFor(left), nil
	}
	return r.request(ctx, l)
}

// request asks the cloud for the machine.
func (r *Reconciler) request(ctx context.Context, l *life) (outcome, error) {
	l.set(v1alpha1.ConditionLaunched, metav1.ConditionUnknown, v1alpha1.ReasonRequested, "asking VPSie for the machine")
	if err := r.save(ctx, l); err != nil {
		return outcome{}, err
	}
	request, err := r.createRequest(ctx, l.object)
	if err == nil {
		err = r.Provider.Create(ctx, request)
		if err == nil || !cloud.Rejected(err) {
			return r.requested(ctx, l, err)
		}
	}
	return r.refused(l, err)
}

// requested goes on after a call that may have made a machine.
func (r *Reconciler) requested(ctx context.Context, l *life, err error) (outcome, error) {
	message := "waiting for VPSie to build the machine"
	if err != nil {
		logr.FromContextOrDiscard(ctx).Info("the answer to a create request is unknown, looking for the machine", "node", l.object.Name, "error", err.Error())
		message = "looking for the machine: " + err.Error()
	}
	l.set(v1alpha1.ConditionLaunched, metav1.ConditionUnknown, v1alpha1.ReasonRequested, message)
	return waitFor(r.options.PollInterval), nil
}

// refused goes on after a call that made no machine, or that was never sent.
func (r *Reconciler) refused(l *life, err error) (outcome, error) {
	reason := v1alpha1.ReasonCloudUnavailable
	switch {
	case errors.Is(err, cloud.ErrSoldOut):
		r.Market.MarkSoldOut(l.object.Spec.DatacenterID, l.object.Spec.OfferingID)
		l.set(v1alpha1.ConditionLaunched, metav1.ConditionFalse, v1alpha1.ReasonSoldOut, err.Error())
		return outcome{failed: err.Error()}, nil
	case errors.Is(err, cloud.ErrQuota):
		reason = v1alpha1.ReasonQuotaExceeded
	case errors.Is(err, cloud.ErrUnauthorized):
		reason = v1alpha1.ReasonCredentialsRejected
	case errors.Is(err, cloud.ErrRateLimited):
		reason = v1alpha1.ReasonRateLimited
	case errors.Is(err, cloud.ErrInvalid), errors.Is(err, cloud.ErrNotFound):
		reason = v1alpha1.ReasonInvalidRequest
	}
	l.set(v1alpha1.ConditionLaunched, metav1.ConditionFalse, reason, err.Error())
	return waitFor(r.options.RetryInterval), nil
}

// createRequest describes the machine, with a fresh token in its user data.
func (r *Reconciler) createRequest(ctx context.Context, object *v1alpha1.VPSieNode) (cloud.CreateRequest, error) {
	cluster, err := r.Cluster(ctx)
	if err != nil {
		return cloud.CreateRequest{}, fmt.Errorf("find out what the machine is to join: %w", err)
	}
	token, err := r.Tokens.Issue(ctx, object.Name)
	if err != nil {
		return cloud.CreateRequest{}, err
	}
	userData, err := bootstrap.UserData(bootstrap.Machine{
		Hostname: object.Name,
		Cluster:  cluster,
		Token:    token,
		Labels:   map[string]string{v1alpha1.LabelVPSieNode: object.Name},
		Taints:   append([]corev1.Taint{startupTaint}, object.Spec.Taints...),
		Capacity: object.Spec.Capacity,
	})
	if err != nil {
		return cloud.CreateRequest{}, err
	}
	return cloud.CreateRequest{
		Hostname:     object.Name,
		OfferingID:   object.Spec.OfferingID,
		DatacenterID: object.Spec.DatacenterID,
		ImageID:      object.Spec.OSImageID,
		UserData:     userData,
		Attributes: cloud.Attributes{Tags: map[string]string{
			v1alpha1.TagManaged: "true", v1alpha1.TagNodeGroup: object.Spec.NodeGroupName,
		}},
	}, nil
}

// await looks for a machine that was asked for.
func (r *Reconciler) await(ctx context.Context, l *life) (outcome, error) {
	waited := l.sinceLaunched()
	poll := pollInterval(r.options.PollInterval, waited)
	machines, err := r.Inventory.Lookup(ctx, l.object.Name, l.began.Add(-poll/2))
	if err != nil {
		return outcome{}, fmt.Errorf("look for machine %s: %w", l.object.Name, err)
	}
	for _, machine := range machines {
		switch machine.State {
		case cloud.StateRunning:
			l.object.Status.MachineID, l.object.Status.Addresses = machine.ID, machine.Addresses
			l.set(v1alpha1.ConditionLaunched, metav1.ConditionTrue, v1alpha1.ReasonMachineListed, "waiting for the Node to join")
			return outcome{}, nil
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

// lost ends the wait for a machine. The status stays Unknown until the deletion has looked for it once more.
func (r *Reconciler) lost(l *life, reason, message string) (outcome, error) {
	l.set(v1alpha1.ConditionLaunched, metav1.ConditionUnknown, reason, message)
	return outcome{failed: message}, nil
}

// pollInterval grows with the time a machine has taken, from base to maxPollInterval.
func pollInterval(base, waited time.Duration) time.Duration {
	return min(max(base, waited/15), max(base, maxPollInterval))
}
