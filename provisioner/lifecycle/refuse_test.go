package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

func TestSoldOutOfferingIsRememberedAndTheNodeGivenUp(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.cloud.SetSoldOut(fake.DatacenterAmsterdam, fake.OfferingGeneral2, true)
		w.tick()
		if w.phase() != "Gone" || w.released != 1 {
			t.Errorf("phase %s, released %d times; want it gone at once", w.phase(), w.released)
		}
		if diff := cmp.Diff(soldOut{fake.DatacenterAmsterdam + "/" + fake.OfferingGeneral2}, w.market); diff != "" {
			t.Errorf("sold out (-want +got):\n%s", diff)
		}
		w.wantGone()
	})
}

func TestRefusalThatPeopleMustEndIsRepeatedSeldom(t *testing.T) {
	tests := map[string]struct {
		err    error
		reason string
	}{
		"quota":           {cloud.ErrQuota, v1alpha1.ReasonQuotaExceeded},
		"credentials":     {cloud.ErrUnauthorized, v1alpha1.ReasonCredentialsRejected},
		"rate limit":      {&cloud.RateLimitError{RetryAfter: time.Minute}, v1alpha1.ReasonRateLimited},
		"invalid request": {cloud.ErrInvalid, v1alpha1.ReasonInvalidRequest},
		"unknown image":   {cloud.ErrNotFound, v1alpha1.ReasonInvalidRequest},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				const refusals = 5
				for range refusals {
					w.cloud.FailNext(fake.OpCreate, fmt.Errorf("create: %w", test.err))
				}
				w.tick()
				if w.phase() != v1alpha1.PhasePending || w.reason(v1alpha1.ConditionLaunched) != test.reason || w.object().Status.Message == "" {
					t.Errorf("phase %s, reason %s, message %q", w.phase(), w.reason(v1alpha1.ConditionLaunched), w.object().Status.Message)
				}
				w.runUntil(v1alpha1.PhaseReady)
				calls := w.creates()
				if len(calls) != refusals+1 || len(w.machines()) != 1 {
					t.Errorf("%d create calls and %d machines, want %d and 1", len(calls), len(w.machines()), refusals+1)
				}
				for i := 1; i < len(calls); i++ {
					if gap := calls[i].Time.Sub(calls[i-1].Time); gap < options.RetryInterval {
						t.Errorf("call %d came %v after the one before, want at least %v", i+1, gap, options.RetryInterval)
					}
				}
			})
		})
	}
}

func TestRefusedNodeThatIsDeletedLeavesAtOnce(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.cloud.SetQuota(1)
		w.cloud.AddMachine(cloud.Machine{Hostname: "somebody-elses"})
		w.tick()
		w.delete()
		w.tick()
		w.wantGone()
	})
}
