package gc_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// TestEveryCrashOfASweepEndsWell runs the sweep of a machine, of a machine with its Node and pod, and of a Node, and again for each
// external write with the process dying just before and just after it. The next process knows nothing, and its first look is as
// outdated as can be. Whatever the point: the orphans are gone in the end, and all else is untouched.
func TestEveryCrashOfASweepEndsWell(t *testing.T) {
	var writes []string
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		everything(t, w)
		writes = w.writes
	})
	for _, want := range []string{"patch Node", "evict Pod", "cloud delete", "delete Node"} {
		if !slices.Contains(writes, want) {
			t.Errorf("the flow has no %q: %v", want, writes)
		}
	}
	points := 0
	for at := 1; at <= len(writes); at++ {
		for _, after := range []bool{false, true} {
			points++
			t.Run(fmt.Sprintf("write %d, %s, after %v", at, writes[at-1], after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { crashAt(t, at, after) })
			})
		}
	}
	t.Logf("%d external writes, %d crash points: %v", len(writes), points, writes)
}

func crashAt(t *testing.T, at int, after bool) {
	w := newWorld(t)
	count, dead := 0, false
	w.read = func(string) error {
		if dead {
			return errPowerCut
		}
		return nil
	}
	w.intercept = func(_ string, act func() error) error {
		if dead {
			return errPowerCut
		}
		count++
		dead = count == at
		if dead && !after {
			return errPowerCut
		}
		err := act()
		if dead {
			return errPowerCut
		}
		return err
	}
	w.onDeath = func() bool {
		if !dead {
			return false
		}
		dead = false
		w.read, w.intercept = nil, nil
		w.stale, w.staleList = w.firstNodes, w.firstList
		w.sweeper = w.newSweeper()
		return true
	}
	everything(t, w)
	if count < at {
		t.Errorf("the process made only %d writes and never died", count)
	}
}

// everything is a world with each kind of orphan and each kind of thing that must not be touched, swept until all is quiet.
func everything(t *testing.T, w *world) {
	t.Helper()
	bare, joined, lost, owned, foreign := prod.New("web"), prod.New("web"), prod.New("web"), prod.New("web"), twin.New("web")
	w.machine(bare, false)
	w.machine(joined, true)
	w.machine(lost, true)
	w.machine(owned, true)
	w.machine(foreign, true)
	w.machine("prod-db-1", false)
	w.cloud.RemoveMachine(lost)
	w.settle()
	ctx := context.Background()
	if err := w.api.Create(ctx, build.VPSieNode(owned, "web").Obj()); err != nil {
		t.Fatal(err)
	}
	for _, node := range []string{joined, owned, "by-hand"} {
		if err := w.api.Create(ctx, build.Pod("app-"+node).On(node).Obj()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.api.Create(ctx, build.Node("by-hand").NotReady().Obj()); err != nil {
		t.Fatal(err)
	}
	w.firstNodes = w.nodes()
	list, err := w.cloud.Machines(ctx, cloud.Filter{HostnamePrefix: prod.Prefix})
	if err != nil {
		t.Fatal(err)
	}
	w.firstList = list

	for range 60 {
		if err := w.sweep(); err != nil && !w.onDeath() {
			t.Errorf("Sweep: %v", err)
		}
	}
	w.wantMachines(owned, foreign, "prod-db-1")
	w.wantNodes(owned, foreign, "by-hand")
	var pods corev1.PodList
	if err := w.api.List(ctx, &pods); err != nil || len(pods.Items) != 2 {
		t.Errorf("%d pods are left, want those on other Nodes: %v", len(pods.Items), err)
	}
	for _, node := range w.nodes() {
		if node.Spec.Unschedulable {
			t.Errorf("Node %s is cordoned", node.Name)
		}
	}
}
