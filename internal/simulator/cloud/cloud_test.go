package cloud_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// fixed is a set of latencies without jitter.
var fixed = cloud.Latencies{
	Accept: cloud.Latency{Median: time.Second},
	Build:  cloud.Latency{Median: 60 * time.Second},
	Gap:    cloud.Latency{Median: 5 * time.Second},
	Boot:   cloud.Latency{Median: 20 * time.Second},
	Join:   cloud.Latency{Median: 40 * time.Second},
	Ready:  cloud.Latency{Median: 10 * time.Second},
	Gone:   cloud.Latency{Median: 15 * time.Second},
}

// joiner is a guest that joins and gets ready after the latencies that it is told.
type joiner struct{}

func (joiner) Run(ctx context.Context, host cloud.Host, report cloud.Report) {
	if host.UserData == "bad" {
		report.JoinFailed(errors.New("no user data"))
		return
	}
	time.Sleep(host.JoinAfter)
	report.Joined()
	time.Sleep(host.ReadyAfter)
	report.Ready()
	<-ctx.Done()
}

func order(hostname string) cloud.Order {
	return cloud.Order{
		Hostname:     hostname,
		PlanID:       "00000002-5a11-11f0-a000-000000000001", // A-Advanced-2, 16 dollars a month in the first data centre
		ImageID:      catalogue.Image.Identifier,
		DatacenterID: catalogue.Datacenters[0].Identifier,
		PublicIPv4:   true,
	}
}

func start(t *testing.T, options cloud.Options) *cloud.Cloud {
	t.Helper()
	c := cloud.New(options)
	t.Cleanup(c.Close)
	return c
}

func mustCreate(t *testing.T, c *cloud.Cloud, o cloud.Order) cloud.Machine {
	t.Helper()
	machine, _, err := c.Create(o)
	if err != nil {
		t.Fatal(err)
	}
	return machine
}

// expectAt lets the time pass and compares the state of the first machine.
func expectAt(t *testing.T, c *cloud.Cloud, wait time.Duration, want cloud.State) cloud.Machine {
	t.Helper()
	time.Sleep(wait)
	synctest.Wait()
	machine := c.All()[0]
	if machine.State != want {
		t.Fatalf("state %s, want %s", machine.State, want)
	}
	return machine
}

func TestMachineGoesThroughItsStatesInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: fixed, Guest: joiner{}})
		mustCreate(t, c, order("w1"))

		expectAt(t, c, 59*time.Second, cloud.StatePending)
		if len(c.Pending()) != 1 || len(c.Listed()) != 0 {
			t.Error("a pending machine must be on the pending list only")
		}
		expectAt(t, c, 2*time.Second, cloud.StateBuilding)
		if len(c.Pending()) != 0 || len(c.Listed()) != 0 {
			t.Error("a machine being built must be on neither list")
		}
		if machine := expectAt(t, c, 5*time.Second, cloud.StateListed); machine.PublicIPv4 == "" || machine.Powered() {
			t.Errorf("want an address and no power, got %q and %v", machine.PublicIPv4, machine.Powered())
		}
		if machine := expectAt(t, c, 20*time.Second, cloud.StateBooted); !machine.Powered() {
			t.Error("want the machine powered on")
		}
		expectAt(t, c, 40*time.Second, cloud.StateJoined)
		machine := expectAt(t, c, 10*time.Second, cloud.StateReady)
		if got := machine.Ready.Sub(machine.Created); got != 135*time.Second {
			t.Errorf("ready after %v, want 2m15s", got)
		}
		if got := machine.Accepted.Sub(machine.Created); got != time.Second {
			t.Errorf("accepted after %v, want 1s", got)
		}

		if !c.Delete(machine.Identifier) {
			t.Fatal("delete: not found")
		}
		expectAt(t, c, 14*time.Second, cloud.StateDeleting)
		if !c.Delete(machine.Identifier) {
			t.Error("a deletion under way may be asked for again")
		}
		expectAt(t, c, time.Second, cloud.StateGone)
		if c.Delete(machine.Identifier) {
			t.Error("a machine that is gone must not be found")
		}
	})
}

func TestFates(t *testing.T) {
	tests := []struct {
		fate cloud.Fate
		want cloud.State
	}{
		{cloud.FateStuckPending, cloud.StatePending},
		{cloud.FateVanish, cloud.StateVanished},
		{cloud.FateNeverJoin, cloud.StateBooted},
	}
	for _, test := range tests {
		t.Run(string(test.fate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := start(t, cloud.Options{Latencies: fixed, Guest: joiner{}})
				o := order("w1")
				o.Fate = test.fate
				mustCreate(t, c, o)
				expectAt(t, c, 24*time.Hour, test.want)
			})
		})
	}
}

func TestFailedJoinLeavesTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Guest: joiner{}})
		o := order("w1")
		o.UserData = "bad"
		mustCreate(t, c, o)
		if machine := expectAt(t, c, time.Hour, cloud.StateBooted); machine.JoinError != "no user data" {
			t.Errorf("join error %q", machine.JoinError)
		}
	})
}

func TestDeleteStopsTheGuestAndForgetsSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := make(chan struct{})
		c := start(t, cloud.Options{Guest: guestFunc(func(ctx context.Context) {
			<-ctx.Done()
			close(stopped)
		})})
		o := order("w1")
		o.UserData = "c2VjcmV0"
		machine := mustCreate(t, c, o)
		synctest.Wait()
		c.Delete(machine.Identifier)
		<-stopped
		synctest.Wait()
		if gone := c.All()[0].Order; gone.UserData != "" || gone.Password != "" {
			t.Error("a machine that is gone must hold no secret")
		}
	})
}

type guestFunc func(context.Context)

func (f guestFunc) Run(ctx context.Context, _ cloud.Host, _ cloud.Report) { f(ctx) }

func TestDeleteOutsideTakesEffectAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: fixed})
		mustCreate(t, c, order("w1"))
		mustCreate(t, c, order("w1"))
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := c.DeleteOutside("w1"); got != 2 {
			t.Errorf("deleted %d machines, want both of the same name", got)
		}
		if len(c.Listed()) != 0 || c.Bill().Machines != 0 {
			t.Error("machines are still listed or billed")
		}
		if got := c.DeleteOutside("w1"); got != 0 {
			t.Errorf("deleted %d machines the second time, want none", got)
		}
	})
}

func TestOrdersAreRefused(t *testing.T) {
	tests := map[string]struct {
		change func(*cloud.Order)
		want   error
	}{
		"unknown data centre": {func(o *cloud.Order) { o.DatacenterID = "x" }, cloud.ErrUnknownDatacenter},
		"unknown image":       {func(o *cloud.Order) { o.ImageID = "x" }, cloud.ErrUnknownImage},
		"unknown plan":        {func(o *cloud.Order) { o.PlanID = "x" }, cloud.ErrNotSold},
		"plan sold elsewhere": {func(o *cloud.Order) { o.PlanID = "00000008-5a11-11f0-a000-000000000001" }, cloud.ErrNotSold},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := start(t, cloud.Options{})
			o := order("w1")
			test.change(&o)
			if _, _, err := c.Create(o); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if len(c.All()) != 0 {
				t.Error("a refused order must leave no machine")
			}
		})
	}
}

func TestMachineLimitCountsOnlyLivingMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{MachineLimit: 1})
		machine := mustCreate(t, c, order("w1"))
		if _, _, err := c.Create(order("w2")); !errors.Is(err, cloud.ErrMachineLimit) {
			t.Fatalf("error %v, want %v", err, cloud.ErrMachineLimit)
		}
		synctest.Wait()
		c.Delete(machine.Identifier)
		synctest.Wait()
		mustCreate(t, c, order("w2"))
	})
}

func TestCloseEndsEveryLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Options{Latencies: fixed, Guest: joiner{}})
		mustCreate(t, c, order("w1"))
		c.Close()
		mustCreate(t, c, order("w2"))
		time.Sleep(time.Hour)
		synctest.Wait()
		for _, machine := range c.All() {
			if machine.State != cloud.StatePending {
				t.Errorf("%s is %s after Close", machine.Order.Hostname, machine.State)
			}
		}
	})
}
