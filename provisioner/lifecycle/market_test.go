package lifecycle_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// together runs a test on a whole controller that looks after the group web.
func together(t *testing.T, group *build.NodeGroupBuilder, act func(t *testing.T, c *cycle)) {
	synctest.Test(t, func(t *testing.T) {
		c := newCycle(t, fake.Options{}, []client.Object{group.Obj()}...)
		act(t, c)
		c.stop()
	})
}

func TestSoldOutOfferingLeadsToAnotherAtOnce(t *testing.T) {
	tests := map[string]func(c *cycle){
		"sold out":     func(c *cycle) { c.cloud.SetSoldOut(fake.DatacenterAmsterdam, fake.OfferingGeneral2, true) },
		"sold no more": func(c *cycle) { c.cloud.FailNext(fake.OpCreate, cloud.ErrNotFound) },
		"two sold out": func(c *cycle) {
			c.cloud.SetSoldOut(fake.DatacenterAmsterdam, fake.OfferingGeneral2, true)
			c.cloud.FailNext(fake.OpCreate, &cloud.SoldOutError{DatacenterID: fake.DatacenterAmsterdam, OfferingID: fake.OfferingGeneral2})
		},
	}
	for name, given := range tests {
		t.Run(name, func(t *testing.T) {
			group := build.NodeGroup("web").Desired(1).Offerings(fake.OfferingGeneral2, fake.OfferingCompute4)
			together(t, group, func(t *testing.T, c *cycle) {
				given(c)
				c.start()
				creates := func() []fake.Call { return c.cloud.Calls(fake.OpCreate) }
				took := c.runUntil("another offering is asked for", func() bool { return len(creates()) >= 2 && creates()[1].Err == nil })
				if gap := creates()[1].Time.Sub(creates()[0].Time); gap > 3*time.Second {
					t.Errorf("the other offering was asked for %v after the refusal, want it in the same cycle", gap)
				}
				if first, second := creates()[0].Request.OfferingID, creates()[1].Request.OfferingID; first != fake.OfferingGeneral2 || second != fake.OfferingCompute4 {
					t.Errorf("asked for %s, then %s", first, second)
				}
				c.runUntil("a node is ready", func() bool { return c.settled(1) })
				t.Logf("%v from the start to the second offering, %v between the calls", took, creates()[1].Time.Sub(creates()[0].Time))
			})
		})
	}
}

// Given an account without room, when a group needs five nodes, then the group says so, the cloud is asked seldom, and when there is
// room again all nodes come.
func TestQuotaPausesTheGroupAndRoomResumesIt(t *testing.T) {
	together(t, build.NodeGroup("web").Desired(5).Offerings(fake.OfferingGeneral2), func(t *testing.T, c *cycle) {
		c.cloud.SetQuota(1)
		c.cloud.AddMachine(cloud.Machine{Hostname: "somebody-elses"})
		c.start()
		c.runUntil("the group says that it is full", func() bool { return c.group() == "False QuotaExceeded" })
		c.runFor(time.Minute)
		before := len(c.cloud.Calls(fake.OpCreate))
		c.writes = nil
		c.runFor(10 * time.Minute)
		if calls := len(c.cloud.Calls(fake.OpCreate)) - before; calls > 20 || calls < 15 {
			t.Errorf("%d create calls in ten minutes without room, want one for each %v", calls, options.RetryInterval)
		}
		written := 0
		for _, write := range c.writes {
			if write == "patch status VPSieNode" {
				written++
			}
		}
		if written > 2*20 {
			t.Errorf("%d status writes in ten minutes without room, want two for each call", written)
		}
		if diff := cmp.Diff(5, len(c.objects())); diff != "" {
			t.Errorf("VPSieNodes (-want +got):\n%s: a refusal must neither end nor multiply them", diff)
		}
		c.cloud.SetQuota(0)
		took := c.runUntil("all nodes are ready", func() bool { return c.settled(5) })
		if most := options.RetryInterval + buildTime + bootTime + readyTime + 20*time.Second; took > most {
			t.Errorf("ready %v after there was room, want %v at most", took, most)
		}
		c.runFor(5 * time.Second)
		if got := c.group(); got != "True Reconciled" {
			t.Errorf("the group is %s", got)
		}
	})
}
