package lifecycle

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// refused goes on after a call that made no machine, or that was never sent.
func (r *Reconciler) refused(ctx context.Context, l *life, refusal error) (outcome, error) {
	reason := refusalReason(refusal)
	l.set(v1alpha1.ConditionLaunched, metav1.ConditionFalse, reason, refusal.Error())
	result := outcome{failed: refusal.Error()}
	if advice := cloud.Advise(refusal); advice.Action == cloud.ActionGiveUp {
		r.Market.MarkSoldOut(l.object.Spec.DatacenterID, l.object.Spec.OfferingID)
	} else {
		wait := cmp.Or(advice.After, r.options.RetryInterval)
		if reason != v1alpha1.ReasonInvalidRequest {
			r.pause.begin(l.began.Add(wait), reason, fmt.Sprintf("not asked for, since VPSie has refused %s: %v", l.object.Name, refusal))
		}
		result = waitFor(wait)
	}
	return result, r.recordRefusal(ctx, l)
}

// refusalReason is the reason of the condition Launched after a refusal.
func refusalReason(refusal error) string {
	var invalid *bootstrap.InvalidError
	switch {
	case errors.Is(refusal, cloud.ErrSoldOut):
		return v1alpha1.ReasonSoldOut
	case errors.Is(refusal, cloud.ErrNotFound):
		return v1alpha1.ReasonNotSold
	case errors.Is(refusal, cloud.ErrQuota):
		return v1alpha1.ReasonQuotaExceeded
	case errors.Is(refusal, cloud.ErrUnauthorized):
		return v1alpha1.ReasonCredentialsRejected
	case errors.Is(refusal, cloud.ErrRateLimited):
		return v1alpha1.ReasonRateLimited
	case errors.Is(refusal, cloud.ErrInvalid), errors.As(refusal, &invalid):
		return v1alpha1.ReasonInvalidRequest
	}
	return v1alpha1.ReasonCloudUnavailable
}

// maxTries bounds how often a refusal is written on an object that keeps changing.
const maxTries = 5

// recordRefusal writes a refusal down even when somebody has changed the object during the call: a refusal that is lost looks
// like an answer that is lost, and the machine would be awaited in vain.
func (r *Reconciler) recordRefusal(ctx context.Context, l *life) error {
	asked := *l.saved.DeepCopy()
	refusal := *l.condition(v1alpha1.ConditionLaunched)
	for try := 1; ; try++ {
		err := r.save(ctx, l)
		if !apierrors.IsConflict(err) || try == maxTries {
			return err
		}
		var fresh v1alpha1.VPSieNode
		if err := r.Live.Get(ctx, client.ObjectKeyFromObject(l.object), &fresh); err != nil {
			return fmt.Errorf("read VPSieNode %s: %w", l.object.Name, err)
		}
		if !sameRequest(&fresh, &asked) {
			return err
		}
		l.object, l.saved = &fresh, fresh.DeepCopy()
		l.set(refusal.Type, refusal.Status, refusal.Reason, refusal.Message)
	}
}

// sameRequest reports whether an object still waits for the answer to the call that was made for the other version of it.
func sameRequest(fresh, asked *v1alpha1.VPSieNode) bool {
	now, then := (&life{object: fresh}).condition(v1alpha1.ConditionLaunched), (&life{object: asked}).condition(v1alpha1.ConditionLaunched)
	return fresh.UID == asked.UID && now != nil && then != nil && now.Status == metav1.ConditionUnknown &&
		now.LastTransitionTime.Time.Unix() == then.LastTransitionTime.Time.Unix()
}
