package lifecycle_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// scenario runs a test in virtual time on a world with one VPSieNode that nobody has worked on yet.
func scenario(t *testing.T, act func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) { act(t, newWorld(t, build.VPSieNode(nodeName, "web").Obj())) })
}

func TestMachineIsAskedForWithWhatTheIntentSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.VPSieNode(nodeName, "web").Taint("dedicated", "batch", corev1.TaintEffectNoSchedule).Obj())
		w.tick()
		if len(w.creates()) != 1 {
			t.Fatalf("%d create calls, want 1", len(w.creates()))
		}
		request := w.creates()[0].Request
		if request.Hostname != nodeName || request.OfferingID != fake.OfferingGeneral2 || request.DatacenterID != fake.DatacenterAmsterdam {
			t.Errorf("asked for %s as %s in %s", request.Hostname, request.OfferingID, request.DatacenterID)
		}
		for _, want := range []string{nodeName, v1alpha1.TaintUninitialized, "dedicated"} {
			if !strings.Contains(string(request.UserData), want) {
				t.Errorf("user data does not mention %s", want)
			}
		}
	})
}

func TestMachineThatIsNotBuiltInTimeIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.VPSieNode(nodeName, "web").Obj())
		w.rebuild(fake.Options{BuildTime: options.LaunchTimeout + time.Minute})
		w.runUntil(v1alpha1.PhaseTerminating, v1alpha1.PhaseDeleting)
		if got := w.reason(v1alpha1.ConditionLaunched); got != v1alpha1.ReasonLaunchTimeout {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonLaunchTimeout)
		}
		w.runUntil("Gone")
		w.wantGone() // the machine came while it was awaited no more, and was deleted
		if len(w.creates()) != 1 || w.released != 1 {
			t.Errorf("%d create calls, released %d times", len(w.creates()), w.released)
		}
	})
}

func TestBrokenMachineIsGivenUp(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.tick()
		w.cloud.BreakMachine(nodeName)
		w.runUntil("Gone")
		w.wantGone()
		if diff := cmp.Diff([]string{nodeName + " Failed: VPSie reports machine machine-1 as Broken", nodeName + " Removed: the machine is gone"}, w.events.Seen()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestMachineWhoseCreateAnswerWasLostIsAdopted(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.cloud.AcceptThenFail(fake.OpCreate, nil)
		w.runUntil(v1alpha1.PhaseReady)
		if len(w.creates()) != 1 || len(w.machines()) != 1 {
			t.Errorf("%d create calls and %d machines, want 1 and 1", len(w.creates()), len(w.machines()))
		}
		if machine := w.machines()[0]; w.object().Status.MachineID != machine.ID {
			t.Errorf("adopted %s, want %s", w.object().Status.MachineID, machine.ID)
		}
	})
}

func TestMachineThatNeverAppearsIsGivenUpAndNotAskedForAgain(t *testing.T) {
	tests := map[string]func(*fake.Cloud){
		"accepted and forgotten": func(c *fake.Cloud) { c.DropNextCreate() },
		"lost on the way":        func(c *fake.Cloud) { c.FailNext(fake.OpCreate, cloud.ErrTransient) },
		"an unknown error":       func(c *fake.Cloud) { c.FailNext(fake.OpCreate, errors.New("what is this")) },
	}
	for name, order := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				order(w.cloud)
				asked := time.Now()
				w.runUntil(v1alpha1.PhaseDeleting)
				if waited := time.Since(asked); waited < options.LostTimeout {
					t.Errorf("given up after %v, want %v", waited, options.LostTimeout)
				}
				if got := w.reason(v1alpha1.ConditionLaunched); got != v1alpha1.ReasonMachineLost {
					t.Errorf("reason %s, want %s", got, v1alpha1.ReasonMachineLost)
				}
				deleted := time.Now()
				w.runUntil("Gone")
				if watched := time.Since(deleted); watched < options.LostTimeout-2*time.Second {
					t.Errorf("its absence was believed after %v, want %v", watched, options.LostTimeout)
				}
				if len(w.creates()) != 1 {
					t.Errorf("%d create calls, want 1", len(w.creates()))
				}
				w.wantGone()
			})
		})
	}
}

func TestNothingIsAskedForUnlessTheIntentIsOnRecord(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.intercept = func(write string, act func() error) error {
			if write == "patch status VPSieNode" {
				return errors.New("the API server does not answer")
			}
			return act()
		}
		w.runFor(time.Minute)
		if len(w.creates()) != 0 || w.tokens() != 0 {
			t.Errorf("%d create calls and %d tokens, want none", len(w.creates()), w.tokens())
		}
		w.intercept = nil
		w.runUntil(v1alpha1.PhaseReady)
	})
}

func TestNothingIsAskedForTwiceOnTheWordOfAnOutdatedObject(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.outdated = w.object() // the cache does not show what the first reconcile writes
		w.tick()
		w.runFor(time.Minute)
		if len(w.creates()) != 1 {
			t.Errorf("%d create calls, want 1", len(w.creates()))
		}
		w.outdated = nil
		w.runUntil(v1alpha1.PhaseReady)
	})
}

func TestNothingIsReleasedOnTheWordOfAnOutdatedObject(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.outdated = w.object()
		w.tick()
		w.delete()
		w.outdated.DeletionTimestamp = w.object().DeletionTimestamp // the cache shows the deletion and not the request
		w.runFor(time.Minute)
		if w.object() == nil {
			t.Fatal("the VPSieNode was released although its machine stands")
		}
		w.outdated = nil
		w.runUntil("Gone")
		w.wantGone()
	})
}

func TestIntentWithoutFinalizerGetsOneBeforeAnythingIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		object := build.VPSieNode(nodeName, "web").Obj()
		object.Finalizers = nil
		w := newWorld(t, object)
		w.runUntil(v1alpha1.PhaseReady)
		w.delete()
		w.runUntil("Gone")
		w.wantGone()
	})
}
