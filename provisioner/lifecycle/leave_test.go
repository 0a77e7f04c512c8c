package lifecycle_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// ready is a scenario that starts with a node that has run for a while.
func ready(t *testing.T, act func(t *testing.T, w *world)) {
	scenario(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		w.runFor(time.Minute)
		w.writes = nil
		act(t, w)
	})
}

func TestNodeLeavesInAnOrderThatHurtsNoPod(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		if err := w.api.Create(t.Context(), build.Pod("app").On(nodeName).Obj()); err != nil {
			t.Fatal(err)
		}
		w.delete()
		w.runUntil("Gone")
		w.wantGone()
		acts := slices.DeleteFunc(slices.Clone(w.writes), func(write string) bool { return write == "patch status VPSieNode" })
		want := []string{"patch Node", "evict Pod", "delete Node", "cloud delete", "delete Secret", "patch VPSieNode"}
		if diff := cmp.Diff(want, slices.Compact(acts)); diff != "" {
			t.Errorf("writes (-want +got):\n%s", diff)
		}
		if w.released != 1 || testutil.CollectAndCount(w.metrics.TerminationDuration) != 1 {
			t.Errorf("released %d times", w.released)
		}
	})
}

func TestMachineStaysWhileItsNodeCannotBeDrained(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		if err := w.api.Create(t.Context(), build.Pod("app").On(nodeName).Obj()); err != nil {
			t.Fatal(err)
		}
		w.intercept = func(write string, act func() error) error {
			if write == "evict Pod" {
				return errors.New("a webhook objects")
			}
			return act()
		}
		w.delete()
		w.runFor(time.Hour)
		if w.phase() != v1alpha1.PhaseTerminating || w.node() == nil || len(w.machines()) != 1 || len(w.cloud.Calls(fake.OpDelete)) != 0 {
			t.Errorf("phase %s, Node %t, %d machines", w.phase(), w.node() != nil, len(w.machines()))
		}
		w.intercept = nil
		w.runUntil("Gone")
		w.wantGone()
	})
}

func TestWhatIsAlreadyGoneDoesNotHoldTheRestUp(t *testing.T) {
	tests := map[string]func(w *world){
		"the Node":    func(w *world) { _ = w.api.Delete(w.t.Context(), w.node()) },
		"the machine": func(w *world) { w.cloud.RemoveMachine(nodeName) },
		"both": func(w *world) {
			_ = w.api.Delete(w.t.Context(), w.node())
			w.cloud.RemoveMachine(nodeName)
		},
	}
	for name, remove := range tests {
		t.Run(name, func(t *testing.T) {
			ready(t, func(t *testing.T, w *world) {
				remove(w)
				w.delete()
				began := time.Now()
				w.runUntil("Gone")
				w.wantGone()
				if took := time.Since(began); took > time.Minute {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func TestNodeThatWasNeverAskedForLeavesAtOnce(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.delete()
		w.tick()
		w.wantGone()
		if len(w.creates()) != 0 {
			t.Errorf("%d create calls for a VPSieNode that was being deleted", len(w.creates()))
		}
	})
}

func TestMachineThatIsStillBuiltIsDeletedWhenItComes(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.tick()
		w.delete()
		w.runUntil("Gone")
		w.wantGone()
		if len(w.cloud.Calls(fake.OpDelete)) == 0 {
			t.Error("the machine was never deleted")
		}
	})
}

func TestMachineThatShowsUpLateIsDeleted(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.cloud.DropNextCreate()
		w.runUntil(v1alpha1.PhaseDeleting)
		w.runFor(options.LostTimeout / 2)
		w.cloud.AddMachine(cloud.Machine{Hostname: nodeName, DatacenterID: fake.DatacenterAmsterdam, OfferingID: fake.OfferingGeneral2})
		w.runUntil("Gone")
		w.wantGone()
	})
}

func TestEveryMachineOfTheHostNameIsDeleted(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.delete()
		w.runUntil(v1alpha1.PhaseDeleting)
		w.cloud.AddMachine(cloud.Machine{Hostname: strings.ToUpper(nodeName), DatacenterID: fake.DatacenterAmsterdam})
		neighbour := w.cloud.AddMachine(cloud.Machine{Hostname: nodeName + "0", DatacenterID: fake.DatacenterAmsterdam})
		w.crowded = true
		w.runUntil("Gone")
		if left := w.machines(); len(left) != 1 || left[0].ID != neighbour {
			t.Errorf("machines left: %v, want that of another VPSieNode alone", left)
		}
	})
}

func TestFinalizerStaysWhileTheCloudRefusesTheDeletion(t *testing.T) {
	tests := map[string]func(w *world){
		"it refuses to delete": func(w *world) {
			for range 1000 {
				w.cloud.FailNext(fake.OpDelete, cloud.ErrUnauthorized)
			}
		},
		"it does not answer": func(w *world) {
			for range 1000 {
				w.cloud.FailNext(fake.OpDelete, cloud.ErrTransient)
			}
		},
		"nobody can say whether the machine is gone": func(w *world) { w.blind = true },
		"the list is empty and the machine is not asked about in vain": func(w *world) {
			w.hidden = true
			for range 1000 {
				w.cloud.FailNext(fake.OpMachine, cloud.ErrTransient)
			}
		},
	}
	for name, order := range tests {
		t.Run(name, func(t *testing.T) {
			ready(t, func(t *testing.T, w *world) {
				order(w)
				w.delete()
				w.runFor(10 * time.Minute)
				object := w.object()
				if object == nil || !slices.Contains(object.Finalizers, v1alpha1.FinalizerVPSieNode) {
					t.Fatal("the finalizer is gone and the machine is not")
				}
				if w.released != 0 {
					t.Error("the machine was reported as gone")
				}
			})
		})
	}
}

// Given a lookup that answers empty for the whole cluster, when a node is deleted, then its machine is really gone in the end.
func TestEmptyListAloneEndsNothing(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.hidden = true
		w.delete()
		w.runUntil("Gone")
		w.wantGone()
	})
}

func TestNodeThatRegistersAgainDuringTheDeletionIsRemovedAgain(t *testing.T) {
	ready(t, func(t *testing.T, w *world) {
		w.delete()
		w.runUntil(v1alpha1.PhaseDeleting)
		w.tick()
		if w.node() == nil {
			if err := w.api.Create(t.Context(), build.Node(nodeName).Ready().Obj()); err != nil {
				t.Fatal(err)
			}
		}
		w.runUntil("Gone")
		w.wantGone()
	})
}
