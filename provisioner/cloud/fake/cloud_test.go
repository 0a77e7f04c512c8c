package fake_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

func request(hostname string) cloud.CreateRequest {
	return cloud.CreateRequest{
		Hostname: hostname, OfferingID: fake.OfferingGeneral2, DatacenterID: fake.DatacenterAmsterdam,
		UserData: []byte("#cloud-config"),
	}
}

func states(t *testing.T, c *fake.Cloud) map[string]cloud.State {
	t.Helper()
	machines, err := c.Machines(t.Context(), cloud.Filter{HostnamePrefix: "node-"})
	if err != nil {
		t.Fatalf("Machines: %v", err)
	}
	found := map[string]cloud.State{}
	for _, m := range machines {
		found[m.Hostname] = m.State
	}
	return found
}

func wantStates(t *testing.T, c *fake.Cloud, want map[string]cloud.State) {
	t.Helper()
	if diff := cmp.Diff(want, states(t, c)); diff != "" {
		t.Errorf("machines (-want +got):\n%s", diff)
	}
}

func TestMachineIsPendingUntilBuiltAndEndingUntilGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running []cloud.Machine
		c := fake.New(fake.Options{
			BuildTime: time.Minute, DeleteTime: 10 * time.Second,
			OnRunning: func(m cloud.Machine) { running = append(running, m) },
		})
		if err := c.Create(t.Context(), request("node-1")); err != nil {
			t.Fatal(err)
		}
		wantStates(t, c, map[string]cloud.State{"node-1": cloud.StatePending})

		time.Sleep(time.Minute)
		synctest.Wait()
		wantStates(t, c, map[string]cloud.State{"node-1": cloud.StateRunning})
		if len(running) != 1 || running[0].ID == "" || len(running[0].Addresses) == 0 {
			t.Fatalf("OnRunning got %v, want one machine with ID and address", running)
		}

		if err := c.Delete(t.Context(), running[0]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(9 * time.Second)
		if err := c.Delete(t.Context(), running[0]); err != nil {
			t.Errorf("second Delete: %v", err)
		}
		wantStates(t, c, map[string]cloud.State{"node-1": cloud.StateEnding})
		time.Sleep(time.Second)
		wantStates(t, c, map[string]cloud.State{})
		if err := c.Delete(t.Context(), running[0]); err != nil {
			t.Errorf("Delete of a machine that is gone: %v", err)
		}
	})
}

func TestOnRunningIsNotCalledForAMachineRemovedWhilePending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.New(fake.Options{
			BuildTime: time.Minute,
			OnRunning: func(m cloud.Machine) { t.Errorf("OnRunning called for %s", m.Hostname) },
		})
		if err := c.Create(t.Context(), request("node-1")); err != nil {
			t.Fatal(err)
		}
		if !c.RemoveMachine("node-1") || c.RemoveMachine("node-1") {
			t.Error("RemoveMachine: want true once, then false")
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		wantStates(t, c, map[string]cloud.State{})
	})
}

func TestCreateWithoutBuildTimeRunsTheHookBeforeItReturns(t *testing.T) {
	called := false
	c := fake.New(fake.Options{OnRunning: func(cloud.Machine) { called = true }})
	if err := c.Create(t.Context(), request("node-1")); err != nil || !called {
		t.Errorf("Create: error %v, hook called %t", err, called)
	}
}

func TestOrderedFailures(t *testing.T) {
	lost := errors.New("lost")
	tests := map[string]struct {
		order    func(*fake.Cloud)
		wantErr  error
		wantMade bool
	}{
		"FailNext takes no effect":                 {func(c *fake.Cloud) { c.FailNext(fake.OpCreate, lost) }, lost, false},
		"AcceptThenFail takes effect":              {func(c *fake.Cloud) { c.AcceptThenFail(fake.OpCreate, nil) }, cloud.ErrTransient, true},
		"DropNextCreate accepts without a machine": {func(c *fake.Cloud) { c.DropNextCreate() }, nil, false},
		"sold out": {func(c *fake.Cloud) {
			c.SetSoldOut(fake.DatacenterAmsterdam, fake.OfferingGeneral2, true)
		}, cloud.ErrSoldOut, false},
		"AcceptThenFail of a refused call is the refusal": {func(c *fake.Cloud) {
			c.SetSoldOut(fake.DatacenterAmsterdam, fake.OfferingGeneral2, true)
			c.AcceptThenFail(fake.OpCreate, nil)
		}, cloud.ErrSoldOut, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := fake.New(fake.Options{})
			test.order(c)
			if err := c.Create(t.Context(), request("node-1")); !errors.Is(err, test.wantErr) {
				t.Errorf("Create: %v, want %v", err, test.wantErr)
			}
			if _, made := states(t, c)["node-1"]; made != test.wantMade {
				t.Errorf("machine made: %t, want %t", made, test.wantMade)
			}
			calls := c.Calls(fake.OpCreate)
			if len(calls) != 1 || !errors.Is(calls[0].Err, test.wantErr) || calls[0].Hostname != "node-1" {
				t.Errorf("recorded calls: %+v", calls)
			}
			c.SetSoldOut(fake.DatacenterAmsterdam, fake.OfferingGeneral2, false)
			if err := c.Create(t.Context(), request("node-2")); err != nil {
				t.Errorf("the order outlived its call: %v", err)
			}
		})
	}
}

func TestCreateRefusals(t *testing.T) {
	tests := map[string]struct {
		change func(*cloud.CreateRequest)
		want   error
	}{
		"host name in upper case": {func(r *cloud.CreateRequest) { r.Hostname = "Node" }, cloud.ErrInvalid},
		"unknown data centre":     {func(r *cloud.CreateRequest) { r.DatacenterID = "mars" }, cloud.ErrNotFound},
		"unknown offering":        {func(r *cloud.CreateRequest) { r.OfferingID = "huge" }, cloud.ErrNotFound},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := fake.New(fake.Options{})
			r := request("node-1")
			test.change(&r)
			if err := c.Create(t.Context(), r); !errors.Is(err, test.want) || !cloud.Rejected(err) {
				t.Errorf("Create: %v, want %v", err, test.want)
			}
		})
	}
}

func TestQuotaCountsExistingMachines(t *testing.T) {
	c := fake.New(fake.Options{})
	c.SetQuota(1)
	id := c.AddMachine(cloud.Machine{Hostname: "other"})
	if err := c.Create(t.Context(), request("node-1")); !errors.Is(err, cloud.ErrQuota) {
		t.Errorf("Create over the quota: %v", err)
	}
	if err := c.Delete(t.Context(), cloud.Machine{ID: id}); err != nil {
		t.Fatal(err)
	}
	if err := c.Create(t.Context(), request("node-1")); err != nil {
		t.Errorf("Create within the quota: %v", err)
	}
}

func TestMachinesFiltersByPrefixWithoutRegardToCase(t *testing.T) {
	c := fake.New(fake.Options{})
	c.AddMachine(cloud.Machine{Hostname: "Mine-1", State: cloud.StateBroken})
	c.AddMachine(cloud.Machine{Hostname: "other-1"})
	machines, err := c.Machines(t.Context(), cloud.Filter{HostnamePrefix: "MINE-"})
	if err != nil || len(machines) != 1 || machines[0].Hostname != "mine-1" || machines[0].State != cloud.StateBroken {
		t.Errorf("Machines: %v, %v", machines, err)
	}
}

func TestDefaultCatalogue(t *testing.T) {
	c := fake.New(fake.Options{})
	datacenters, err := c.Datacenters(t.Context())
	if err != nil || len(datacenters) < 2 {
		t.Fatalf("Datacenters: %v, %v", datacenters, err)
	}
	for _, datacenter := range datacenters {
		offerings, err := c.Offerings(t.Context(), datacenter.ID)
		if err != nil || len(offerings) < 5 {
			t.Errorf("Offerings(%s): %d, %v", datacenter.ID, len(offerings), err)
		}
		for _, o := range offerings {
			if o.Price <= 0 || len(o.Capacity) != 3 || o.DatacenterID != datacenter.ID {
				t.Errorf("offering %+v is incomplete", o)
			}
		}
	}
	if _, err := c.Offerings(t.Context(), "mars"); !errors.Is(err, cloud.ErrNotFound) {
		t.Errorf("Offerings of an unknown data centre: %v", err)
	}
}

func TestCancelledCallIsTransientAndTakesNoEffect(t *testing.T) {
	c := fake.New(fake.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Create(ctx, request("node-1")); !errors.Is(err, cloud.ErrTransient) {
		t.Errorf("Create: %v", err)
	}
	wantStates(t, c, map[string]cloud.State{})
}
