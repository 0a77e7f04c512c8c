package lifecycle_test

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

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
		if diff := gocmp.Diff(soldOut{fake.DatacenterAmsterdam + "/" + fake.OfferingGeneral2}, w.market); diff != "" {
			t.Errorf("sold out (-want +got):\n%s", diff)
		}
		w.wantGone()
	})
}

func TestOfferingThatIsNotSoldIsRememberedAndTheNodeGivenUp(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.cloud.FailNext(fake.OpCreate, fmt.Errorf("offering general-2: %w", cloud.ErrNotFound))
		w.tick()
		if w.phase() != "Gone" || w.released != 1 || len(w.market) != 1 {
			t.Errorf("phase %s, released %d times, sold out %v", w.phase(), w.released, w.market)
		}
		w.wantGone()
	})
}

// Given somebody who changes the object while the cloud is asked, when the cloud refuses, then the refusal is not lost: as an answer
// that is lost it would cost LostTimeout.
func TestRefusalSurvivesAChangeDuringTheCall(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.cloud.SetSoldOut(fake.DatacenterAmsterdam, fake.OfferingGeneral2, true)
		w.intercept = func(write string, act func() error) error {
			if write == "cloud create" {
				object := w.object()
				object.Annotations = map[string]string{"someone": "was here"}
				if err := w.api.Update(t.Context(), object); err != nil {
					t.Error(err)
				}
			}
			return act()
		}
		w.tick()
		if w.phase() != "Gone" || w.released != 1 || len(w.creates()) != 1 {
			t.Errorf("phase %s, released %d times, %d create calls; want it gone at once", w.phase(), w.released, len(w.creates()))
		}
	})
}

// Given a request that another process has taken over, when the refusal of this one's call arrives, then it is not written on that.
func TestRefusalIsNotWrittenOnAnotherRequest(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.cloud.FailNext(fake.OpCreate, cloud.ErrQuota)
		w.intercept = func(write string, act func() error) error {
			if write == "cloud create" {
				object := w.object()
				object.Status.Conditions[0].LastTransitionTime.Time = time.Now().Add(-time.Minute)
				if err := w.api.Status().Update(t.Context(), object); err != nil {
					t.Error(err)
				}
			}
			return act()
		}
		w.tick()
		if got := w.reason(v1alpha1.ConditionLaunched); got != v1alpha1.ReasonRequested {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonRequested)
		}
	})
}

func TestRefusalThatPeopleMustEndIsRepeatedSeldom(t *testing.T) {
	tests := map[string]struct {
		err    error
		reason string
		gap    time.Duration // zero: RetryInterval
	}{
		"quota":           {cloud.ErrQuota, v1alpha1.ReasonQuotaExceeded, 0},
		"credentials":     {cloud.ErrUnauthorized, v1alpha1.ReasonCredentialsRejected, 0},
		"rate limit":      {&cloud.RateLimitError{RetryAfter: time.Minute}, v1alpha1.ReasonRateLimited, time.Minute},
		"invalid request": {cloud.ErrInvalid, v1alpha1.ReasonInvalidRequest, 0},
		"cloud failing":   {&cloud.UnavailableError{RetryAfter: 3 * time.Minute}, v1alpha1.ReasonCloudUnavailable, 3 * time.Minute},
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
					if gap := calls[i].Time.Sub(calls[i-1].Time); gap < cmp.Or(test.gap, options.RetryInterval) || gap > cmp.Or(test.gap, options.RetryInterval)+2*time.Second {
						t.Errorf("call %d came %v after the one before, want %v", i+1, gap, cmp.Or(test.gap, options.RetryInterval))
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
