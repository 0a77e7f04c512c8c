package cloud_test

import (
	"errors"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

const clusterID = "000c0001-5a11-11f0-a000-00505600c1f5"

// managed is a cloud with one managed cluster and fixed latencies.
func managed(limit int) cloud.Options {
	latencies := fixed
	latencies.WorkerGone = cloud.Latency{Median: 25 * time.Second}
	return cloud.Options{
		Latencies: latencies, WorkerGuest: joiner{},
		Clusters: []cloud.ClusterOptions{{Identifier: clusterID, Name: "HEL-Kubernetes-49ab", Version: "1.34.1", WorkerLimit: limit}},
	}
}

func mustAddGroup(t *testing.T, c *cloud.Cloud, name string, size int) cloud.Group {
	t.Helper()
	group, err := c.AddGroup(clusterID, name, size)
	if err != nil {
		t.Fatal(err)
	}
	return group
}

func mustAddWorker(t *testing.T, c *cloud.Cloud, group int) cloud.Machine {
	t.Helper()
	worker, _, err := c.AddWorker(cloud.WorkerOrder{ClusterID: clusterID, GroupID: group})
	if err != nil {
		t.Fatal(err)
	}
	return worker
}

func TestWorkerLivesInItsClusterOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, managed(0))
		group := mustAddGroup(t, c, "pool", 4)
		worker := mustAddWorker(t, c, group.ID)
		if !regexp.MustCompile(`^HEL-Kubernetes-49ab-slave-[0-9a-f]{4}$`).MatchString(worker.Hostname()) {
			t.Errorf("host name %q", worker.Hostname())
		}
		if len(c.Pending()) != 0 || len(c.On(cloud.ListNodes)) != 0 {
			t.Error("a worker that is being built shows somewhere")
		}
		expectAt(t, c, untilReady, cloud.StateReady)
		for list, want := range map[cloud.List]int{cloud.ListNodes: 1, cloud.ListAttachable: 1, cloud.ListMachines: 0, cloud.ListUser: 0} {
			if got := len(c.On(list)); got != want {
				t.Errorf("%s shows %d machines, want %d", list, got, want)
			}
		}
		if _, found := c.Find(worker.Identifier); found || c.Delete(worker.Identifier) {
			t.Error("a worker passes for a machine")
		}
		if groups, err := c.Groups(clusterID); err != nil || groups[0].Workers != 1 || groups[0].Plan.Nickname != "G-2" {
			t.Errorf("groups %+v, error %v", groups, err)
		}
		if bill := c.Bill(); bill.Machines != 1 || c.BillLines()[0].Plan != "G-2" || !c.BillLines()[0].Managed {
			t.Errorf("bill %+v of %+v", bill, c.BillLines())
		}
	})
}

func TestWorkerIsDeletedByItsIdentifier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, managed(0))
		group := mustAddGroup(t, c, "pool", 4)
		worker := mustAddWorker(t, c, group.ID)
		if err := c.DeleteWorker(clusterID, worker.Identifier); !errors.Is(err, cloud.ErrUnknownWorker) {
			t.Errorf("deletion before it is there: %v", err)
		}
		time.Sleep(untilReady)
		if err := c.DeleteWorker("x", worker.Identifier); !errors.Is(err, cloud.ErrUnknownCluster) {
			t.Errorf("deletion from another cluster: %v", err)
		}
		machine := mustCreate(t, c, order("w1"))
		time.Sleep(untilReady)
		if err := c.DeleteWorker(clusterID, machine.Identifier); !errors.Is(err, cloud.ErrUnknownWorker) {
			t.Errorf("deletion of a machine that is no worker: %v", err)
		}
		if err := c.DeleteWorker(clusterID, worker.Identifier); err != nil {
			t.Fatal(err)
		}
		expectAt(t, c, 24*time.Second, cloud.StateDeleting)
		expectAt(t, c, time.Second, cloud.StateGone)
		if groups, _ := c.Groups(clusterID); groups[0].Workers != 0 {
			t.Errorf("the group counts %d workers", groups[0].Workers)
		}
		if err := c.DeleteWorker(clusterID, worker.Identifier); !errors.Is(err, cloud.ErrUnknownWorker) {
			t.Errorf("second deletion: %v", err)
		}
	})
}

func TestReduceTakesTheNewestWorkerOfTheGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, managed(0))
		one, two := mustAddGroup(t, c, "one", 4), mustAddGroup(t, c, "two", 5)
		mustAddWorker(t, c, one.ID)
		newest := mustAddWorker(t, c, one.ID)
		mustAddWorker(t, c, two.ID)
		time.Sleep(untilReady)
		if err := c.ReduceWorkers(clusterID, one.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		for _, worker := range c.On(cloud.ListNodes) {
			if worker.Identifier == newest.Identifier {
				t.Error("the newest worker of the group is still there")
			}
		}
		if err := c.ReduceWorkers(clusterID, 0); err != nil || len(c.On(cloud.ListNodes)) != 2 {
			t.Errorf("error %v, %d nodes", err, len(c.On(cloud.ListNodes)))
		}
		if err := c.ReduceWorkers(clusterID, 99); !errors.Is(err, cloud.ErrUnknownWorker) {
			t.Errorf("reduction of no group: %v", err)
		}
	})
}

func TestClusterRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, managed(1))
		group := mustAddGroup(t, c, "pool", 4)
		_, sizeTaken := c.AddGroup(clusterID, "other", 4)
		_, notSold := c.AddGroup(clusterID, "other", 8) // C-16 is not sold in the first data centre
		_, noCluster := c.AddGroup("x", "other", 5)
		_, _, noGroup := c.AddWorker(cloud.WorkerOrder{ClusterID: clusterID, GroupID: 99})
		mustAddWorker(t, c, group.ID)
		_, _, limit := c.AddWorker(cloud.WorkerOrder{ClusterID: clusterID, GroupID: group.ID})
		for want, got := range map[error]error{
			cloud.ErrSizeTaken: sizeTaken, cloud.ErrNotSold: notSold, cloud.ErrUnknownCluster: noCluster,
			cloud.ErrUnknownGroup: noGroup, cloud.ErrWorkerLimit: limit,
		} {
			if !errors.Is(got, want) {
				t.Errorf("error %v, want %v", got, want)
			}
		}
		var taken cloud.SizeTakenError
		if !errors.As(sizeTaken, &taken) || taken.Group != "pool" {
			t.Errorf("error %v does not name the group", sizeTaken)
		}
	})
}

func TestGroupGoesWithItsWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, managed(0))
		group := mustAddGroup(t, c, "pool", 4)
		mustAddWorker(t, c, group.ID)
		time.Sleep(untilReady)
		young := mustAddWorker(t, c, group.ID)
		if !c.DeleteGroup(group.Identifier) || c.DeleteGroup(group.Identifier) {
			t.Error("want the group to be found once")
		}
		time.Sleep(time.Hour)
		for _, worker := range c.All() {
			if worker.State != cloud.StateGone {
				t.Errorf("worker %s (young: %v) is %s", worker.Hostname(), worker.Identifier == young.Identifier, worker.State)
			}
		}
		if bill := c.Bill(); bill.Machines != 0 || bill.Rate != 0 || len(c.BillLines()) != 1 {
			t.Errorf("bill %+v with %d lines, want only the worker that was built", bill, len(c.BillLines()))
		}
		mustAddGroup(t, c, "again", 4) // the size is free
	})
}

func TestWorkersDoNotCountAgainstTheMachineLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		options := managed(0)
		options.MachineLimit = 1
		c := start(t, options)
		mustAddWorker(t, c, 0)
		mustCreate(t, c, order("w1"))
	})
}

func TestWorkerOutsideEveryGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, managed(0))
		mustAddGroup(t, c, "pool", 4)
		mustAddWorker(t, c, 0)
		time.Sleep(untilReady)
		if groups, _ := c.Groups(clusterID); groups[0].Workers != 0 || c.Clusters()[0].Workers != 1 {
			t.Errorf("group of %d, cluster of %d workers", groups[0].Workers, c.Clusters()[0].Workers)
		}
	})
}
