package gc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc/orphans"
)

func TestMachineWithoutVPSieNodeGoesAfterTheGracePeriodAndNoOtherDoes(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		orphan, owned := prod.New("web"), prod.New("web")
		others := []string{owned, "prod-db-1", twin.New("web")}
		for _, hostname := range append(others, orphan) {
			w.machine(hostname, false)
		}
		if err := w.api.Create(t.Context(), build.VPSieNode(owned, "web").Obj()); err != nil {
			t.Fatal(err)
		}
		w.sweeps(10)
		w.wantMachines(append(others, orphan)...)
		if got := testutil.ToFloat64(w.metrics.Orphans.WithLabelValues("machine")); got != 1 {
			t.Errorf("%v orphaned machines counted, want 1", got)
		}
		if got := testutil.ToFloat64(w.metrics.Orphans.WithLabelValues("suspect")); got != 2 {
			t.Errorf("%v suspects counted, want 2", got)
		}
		w.sweeps(2)
		w.wantMachines(others...)
		w.sweeps(30)
		w.wantMachines(others...)
		if got := testutil.ToFloat64(w.metrics.OrphansRemoved.WithLabelValues("machine")); got != 1 {
			t.Errorf("%v removed machines counted, want 1", got)
		}
		if got := testutil.ToFloat64(w.metrics.Orphans.WithLabelValues("machine")); got != 0 {
			t.Errorf("%v orphaned machines counted in the end, want 0", got)
		}
		for _, call := range w.cloud.Calls(fake.OpDelete) {
			if call.Hostname != orphan {
				t.Errorf("%s was to be deleted", call.Hostname)
			}
		}
	})
}

func TestVPSieNodeOfAnyNamespaceOwnsItsMachine(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		hostname := prod.New("web")
		w.machine(hostname, false)
		object := build.VPSieNode(hostname, "web").Obj()
		object.Namespace = "elsewhere"
		if err := w.api.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		w.sweeps(30)
		w.wantMachines(hostname)
	})
}

func TestPendingMachineIsDeletedOnceItIsBuilt(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		slow := fake.New(fake.Options{BuildTime: time.Hour})
		w.cloud = slow
		w.sweeper = w.newSweeper()
		request := cloud.CreateRequest{Hostname: prod.New("web"), OfferingID: fake.OfferingGeneral2, DatacenterID: fake.DatacenterAmsterdam}
		if err := slow.Create(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		w.sweeps(59)
		if calls := slow.Calls(fake.OpDelete); len(calls) > 0 {
			t.Errorf("a pending machine was to be deleted: %v", calls)
		}
		w.sweeps(3)
		w.wantMachines()
	})
}

func TestOrphanedMachineIsDrainedBeforeItGoesAndItsNodeAfterwards(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		hostname := prod.New("web")
		w.machine(hostname, true)
		if err := w.api.Create(t.Context(), build.Pod("app").On(hostname).Obj()); err != nil {
			t.Fatal(err)
		}
		allowed := false
		w.intercept = func(write string, act func() error) error {
			if write == "evict Pod" && !allowed {
				return apierrors.NewTooManyRequests("the budget allows nothing", 0)
			}
			w.writes = append(w.writes, write)
			return act()
		}
		w.sweeps(30)
		w.wantMachines(hostname)
		allowed = true
		w.sweeps(2)
		w.wantMachines()
		w.wantNodes(hostname)
		w.sweeps(12)
		w.wantNodes()
		want := []string{"patch Node", "evict Pod", "cloud delete", "delete Node"}
		if !slices.Equal(w.writes, want) {
			t.Errorf("writes %v, want %v", w.writes, want)
		}
		if seen := w.events.Seen(); len(seen) != 1 || !strings.Contains(seen[0], "OrphanRemoved") {
			t.Errorf("events %v, want one OrphanRemoved", seen)
		}
		if got := testutil.ToFloat64(w.metrics.OrphansRemoved.WithLabelValues("node")); got != 1 {
			t.Errorf("%v removed Nodes counted, want 1", got)
		}
	})
}

// The VPSieNode is made, or restored from a backup, while the sweep is at work: at every read and write of the last sweep in turn.
func TestMachineIsNeverDeletedWhoseVPSieNodeComesInBetween(t *testing.T) {
	bare := []string{"list Nodes", "cloud list", "list VPSieNodes", "cloud read"}
	for kind, moments := range map[string][]string{
		"bare": bare, "joined": append(bare, "patch Node"), "busy": append(bare, "patch Node", "evict Pod"),
	} {
		for _, moment := range moments {
			t.Run(kind+", "+moment, func(t *testing.T) {
				scenario(t, func(t *testing.T, w *world) { comesInBetween(t, w, moment, kind) })
			})
		}
	}
}

func comesInBetween(t *testing.T, w *world, moment, kind string) {
	hostname := prod.New("web")
	w.machine(hostname, kind != "bare")
	if kind == "busy" {
		if err := w.api.Create(t.Context(), build.Pod("app").On(hostname).Obj()); err != nil {
			t.Fatal(err)
		}
	}
	w.sweeps(10)
	appears := func(what string) error {
		if what == moment {
			w.read = nil
			return w.api.Create(context.Background(), build.VPSieNode(hostname, "web").Obj())
		}
		return nil
	}
	w.read = appears
	w.intercept = func(write string, act func() error) error {
		if err := appears(write); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
		return act()
	}
	w.sweeps(20)
	w.wantMachines(hostname)
	if calls := w.cloud.Calls(fake.OpDelete); len(calls) > 0 {
		t.Errorf("deletions %v, want none", calls)
	}
}

func TestMachineThatTurnsOutToBeAnothersStays(t *testing.T) {
	for name, found := range map[string]cloud.Machine{
		"under another name":         {ID: "m1", Hostname: "prod-db-1"},
		"tagged by another cluster":  {ID: "m1", Tags: map[string]string{v1alpha1.TagCluster: twin.ClusterID}},
		"tagged by an empty cluster": {ID: "m1", Tags: map[string]string{v1alpha1.TagCluster: ""}},
	} {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				hostname := prod.New("web")
				if found.Hostname == "" {
					found.Hostname = hostname
				}
				w.cloud.AddMachine(found)
				listed := found
				listed.Hostname, listed.Tags, listed.State = hostname, nil, cloud.StateRunning // as a list without tags has it
				for range 30 {
					w.staleList = []cloud.Machine{listed}
					w.sweeps(1)
				}
				w.wantMachines(found.Hostname)
			})
		})
	}
}

func TestNothingGoesOnTheWordOfAFailedList(t *testing.T) {
	for _, failing := range []string{"list Nodes", "cloud list", "list VPSieNodes"} {
		t.Run(failing, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				machine, node := prod.New("web"), prod.New("web")
				w.machine(machine, false)
				w.machine(node, true)
				w.cloud.RemoveMachine(node)
				w.settle()
				w.sweeps(9)
				w.read = func(what string) error {
					if what == failing {
						return errors.New("no answer")
					}
					return nil
				}
				for range 20 {
					if err := w.sweep(); err == nil {
						t.Error("Sweep: no error")
					}
				}
				w.wantMachines(machine)
				w.wantNodes(node)
				w.read = nil
				w.sweeps(2)
				w.wantMachines()
				w.wantNodes()
			})
		})
	}
}

func TestNothingIsDeletedUnconfirmed(t *testing.T) {
	for _, failing := range []string{"cloud read", "get Node"} {
		t.Run(failing, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				w.machine(prod.New("web"), false)
				gone := prod.New("web")
				w.machine(gone, true)
				w.cloud.RemoveMachine(gone)
				w.settle()
				w.read = func(what string) error {
					if what == failing {
						return errors.New("no answer")
					}
					return nil
				}
				for range 20 {
					_ = w.sweep() // it fails once there is something to confirm
				}
				if failing == "cloud read" && len(w.machines()) != 1 || failing == "get Node" && len(w.nodes()) != 1 {
					t.Errorf("machines %v, Nodes %v: deleted without a last look", w.machines(), w.nodeNames())
				}
			})
		})
	}
}

func TestNodeThatComesBackStays(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		name := prod.New("web")
		w.machine(name, true)
		w.cloud.RemoveMachine(name)
		w.settle()
		w.sweeps(10)
		w.stale = w.nodes() // the cache has not seen what follows
		node := w.nodes()[0]
		node.Status.Conditions[0].Status = corev1.ConditionTrue
		if err := w.api.Status().Update(t.Context(), &node); err != nil {
			t.Fatal(err)
		}
		if _, err := w.sweeper.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.wantNodes(name)
	})
}

// The Node is another one by now, or has a VPSieNode again, and only the API server knows.
func TestNodeIsDeletedOnlyOnTheWordOfTheAPIServer(t *testing.T) {
	for name, change := range map[string]func(w *world, node *corev1.Node) error{
		"registered anew": func(w *world, node *corev1.Node) error {
			if err := w.api.Delete(context.Background(), node); err != nil {
				return err
			}
			again := build.Node(node.Name).NotReady().In("web").Label(v1alpha1.LabelVPSieNode, node.Name).Obj()
			again.UID = "another"
			return w.api.Create(context.Background(), again)
		},
		"owned again": func(w *world, node *corev1.Node) error {
			return w.api.Create(context.Background(), build.VPSieNode(node.Name, "web").Obj())
		},
		"no longer managed": func(w *world, node *corev1.Node) error {
			delete(node.Labels, v1alpha1.LabelManaged)
			return w.api.Update(context.Background(), node)
		},
	} {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				hostname := prod.New("web")
				w.machine(hostname, true)
				w.cloud.RemoveMachine(hostname)
				w.settle()
				w.sweeps(10)
				w.read = func(what string) error {
					if what != "get Node" {
						return nil
					}
					w.read = nil
					return change(w, &w.nodes()[0])
				}
				if _, err := w.sweeper.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.wantNodes(hostname)
				if w.read != nil {
					t.Error("the sweep never came to the Node")
				}
			})
		})
	}
}

func TestOtherOrphansGoWhenOneCannot(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		stubborn := prod.New("web")
		w.machine(stubborn, false)
		w.machine(prod.New("web"), false)
		w.intercept = func(_ string, act func() error) error {
			if slices.Contains(w.machines(), stubborn) && len(w.machines()) == 2 && len(w.writes) == 0 {
				w.writes = append(w.writes, "refused")
				return fmt.Errorf("no: %w", cloud.ErrTransient)
			}
			return act()
		}
		w.sweeps(10)
		if err := w.sweep(); !errors.Is(err, cloud.ErrTransient) {
			t.Errorf("Sweep: %v, want the refusal", err)
		}
		w.wantMachines(stubborn)
		w.sweeps(1)
		w.wantMachines()
	})
}

func TestNoMoreIsAskedOfACloudThatWantsNone(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		for range 5 {
			w.machine(prod.New("web"), false)
		}
		w.sweeps(10)
		calls := 0
		w.intercept = func(string, func() error) error {
			calls++
			return fmt.Errorf("no: %w", &cloud.RateLimitError{RetryAfter: time.Minute})
		}
		if err := w.sweep(); !errors.Is(err, cloud.ErrRateLimited) || calls != 1 {
			t.Errorf("%d deletions tried, error %v: want one and the refusal", calls, err)
		}
	})
}

func TestTwoSweepersAtOnceDoNoHarm(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		machine, joined, owned := prod.New("web"), prod.New("web"), prod.New("web")
		w.machine(machine, false)
		w.machine(joined, true)
		w.machine(owned, true)
		w.machine("prod-db-1", false)
		if err := w.api.Create(t.Context(), build.VPSieNode(owned, "web").Obj()); err != nil {
			t.Fatal(err)
		}
		second := w.newSweeper()
		for range 30 {
			results := make(chan error, 2)
			for _, sweeper := range []interface {
				Sweep(context.Context) ([]orphans.Verdict, error)
			}{w.sweeper, second} {
				go func() {
					_, err := sweeper.Sweep(context.Background())
					results <- err
				}()
			}
			for range 2 {
				if err := <-results; err != nil && !apierrors.IsConflict(err) {
					t.Errorf("Sweep: %v", err)
				}
			}
			w.settle()
			time.Sleep(time.Minute)
		}
		w.wantMachines(owned, "prod-db-1")
		w.wantNodes(owned)
	})
}

func TestSweepsComeEveryMinuteOnTheLeaderOnly(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		if !w.sweeper.NeedLeaderElection() {
			t.Error("every replica would sweep")
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.sweeper.Start(ctx) }()
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		stop()
		if err := <-done; err != nil {
			t.Errorf("Start: %v", err)
		}
		if got := len(w.cloud.Calls(fake.OpMachines)); got != 11 {
			t.Errorf("%d lists in ten minutes, want 11", got)
		}
	})
}

func TestVerdictsTellWhy(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.machine(prod.New("web"), false)
		w.machine("prod-db-1", false)
		verdicts, err := w.sweeper.Sweep(t.Context())
		if err != nil || len(verdicts) != 2 || verdicts[0].Reason != orphans.GracePeriod || verdicts[1].Reason != orphans.UnprovenName {
			t.Errorf("verdicts %+v, %v", verdicts, err)
		}
	})
}
