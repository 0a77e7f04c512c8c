package lifecycle_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
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

func TestPhasesPassInOrder(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		w.runFor(time.Minute)
		w.delete()
		w.runUntil("Gone")
		want := []string{v1alpha1.PhaseProvisioning, v1alpha1.PhaseJoining, v1alpha1.PhaseReady, v1alpha1.PhaseDeleting, "Gone"}
		if diff := cmp.Diff(want, w.phases); diff != "" {
			t.Errorf("phases (-want +got):\n%s", diff)
		}
		transitions := w.metrics.PhaseTransitions.WithLabelValues(v1alpha1.PhaseJoining, v1alpha1.PhaseReady, "web", build.Namespace)
		if got := testutil.ToFloat64(transitions); got != 1 {
			t.Errorf("%v transitions from Joining to Ready counted, want 1", got)
		}
	})
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

func TestReadyMachineIsNeverAskedForAgain(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		w.runFor(time.Minute)
		w.restart()
		before := w.reconciles
		w.runFor(time.Hour)
		if len(w.creates()) != 1 || len(w.machines()) != 1 {
			t.Errorf("%d create calls and %d machines, want 1 and 1", len(w.creates()), len(w.machines()))
		}
		if extra := w.reconciles - before; extra > 2 {
			t.Errorf("an idle node was looked at %d times in an hour", extra)
		}
	})
}

func TestNodeGetsItsLabelsAndTaintsInTheWriteThatTakesTheStartupTaintOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.VPSieNode(nodeName, "web").Label("tier", "front").Taint("dedicated", "web", corev1.TaintEffectNoSchedule).Obj())
		var steps []string
		w.intercept = func(write string, act func() error) error {
			err := act()
			if node := w.node(); write == "patch Node" {
				steps = append(steps, fmt.Sprintf("%s %v", node.Labels["tier"], taintKeys(node)))
			}
			return err
		}
		w.boots = false
		w.runUntil(v1alpha1.PhaseJoining)
		node := build.Node(nodeName).NotReady().Label("foreign", "kept").
			Taint(v1alpha1.TaintUninitialized, "", corev1.TaintEffectNoSchedule).
			Taint("example.com/foreign", "", corev1.TaintEffectNoSchedule).
			Taint("dedicated", "old", corev1.TaintEffectNoSchedule).Obj()
		if err := w.api.Create(t.Context(), node); err != nil {
			t.Fatal(err)
		}
		w.runFor(5 * time.Second)

		if diff := cmp.Diff([]string{"front [example.com/foreign= dedicated=web]"}, steps); diff != "" {
			t.Errorf("the Node after each write to it (-want +got):\n%s", diff)
		}
		got := w.node()
		if got.Labels["foreign"] != "kept" || got.Labels[v1alpha1.LabelVPSieNode] != nodeName || got.Labels[v1alpha1.LabelNodeGroup] != "web" {
			t.Errorf("labels %v", got.Labels)
		}
		if got.Spec.ProviderID != "vpsie://"+w.machines()[0].ID {
			t.Errorf("provider ID %q, machine %s", got.Spec.ProviderID, w.machines()[0].ID)
		}
		if w.tokens() != 0 {
			t.Error("the token outlives the join")
		}
	})
}

func taintKeys(node *corev1.Node) (keys []string) {
	for _, taint := range node.Spec.Taints {
		keys = append(keys, taint.Key+"="+taint.Value)
	}
	return keys
}

func TestNodeOfAnotherMachineIsNotTakenOver(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.boots = false
		w.runUntil(v1alpha1.PhaseJoining)
		if err := w.api.Create(t.Context(), build.Node(nodeName).Ready().ProviderID("vpsie://another-machine").Obj()); err != nil {
			t.Fatal(err)
		}
		w.runFor(time.Minute)
		if got := w.node(); got.Labels[v1alpha1.LabelNodeGroup] != "" || w.phase() == v1alpha1.PhaseReady {
			t.Errorf("a Node of another machine was taken: labels %v, phase %s", got.Labels, w.phase())
		}
	})
}

func TestMachineThatIsNotBuiltInTimeIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.VPSieNode(nodeName, "web").Obj())
		w.cloud = fake.New(fake.Options{BuildTime: options.LaunchTimeout + time.Minute, OnRunning: w.boot})
		w.restart()
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

func TestNodeThatDoesNotJoinInTimeIsGivenUp(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.boots = false
		w.runUntil(v1alpha1.PhaseJoining)
		joining := time.Now()
		w.runUntil(v1alpha1.PhaseDeleting)
		if waited := time.Since(joining); waited < options.JoinTimeout-2*time.Second || waited > options.JoinTimeout+2*time.Second {
			t.Errorf("given up after %v, want %v", waited, options.JoinTimeout)
		}
		if got := w.reason(v1alpha1.ConditionRegistered); got != v1alpha1.ReasonJoinTimeout {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonJoinTimeout)
		}
		w.runUntil("Gone")
		w.wantGone()
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

func TestNodeThatFailsIsSaidToFailAndItsMachineStays(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		w.runFor(time.Minute)
		w.changeNode(func(node *corev1.Node) { node.Status.Conditions[0].Status = corev1.ConditionUnknown })
		w.runFor(time.Minute)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeNotReady {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonNodeNotReady)
		}
		if err := w.api.Delete(t.Context(), w.node()); err != nil {
			t.Fatal(err)
		}
		w.runFor(time.Minute)
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeMissing || len(w.machines()) != 1 {
			t.Errorf("reason %s with %d machines, want %s and 1", got, len(w.machines()), v1alpha1.ReasonNodeMissing)
		}
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
