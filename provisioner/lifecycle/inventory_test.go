package lifecycle_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
	"github.com/vpsie/vpsie-autoscaler/provisioner/lifecycle"
)

// Given many nodes that look for their machines at the same time, then they share one list, and one failure of it.
func TestNodesShareAListAndItsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake.New(fake.Options{})
		c.AddMachine(cloud.Machine{Hostname: nodeName})
		inventory := lifecycle.NewInventory(c, prefix)
		look := func(age time.Duration) (found int, err error) {
			machines, asOf, err := inventory.Lookup(t.Context(), nodeName, time.Now().Add(-age))
			if err == nil && time.Since(asOf) > age {
				t.Errorf("the list is %v old, want %v at most", time.Since(asOf), age)
			}
			return len(machines), err
		}
		wantCalls := func(want int) {
			t.Helper()
			if got := len(c.Calls(fake.OpMachines)); got != want {
				t.Errorf("%d lists, want %d", got, want)
			}
		}
		c.FailAll(cloud.ErrTransient)
		for range 5 {
			if _, err := look(time.Minute); !errors.Is(err, cloud.ErrTransient) {
				t.Errorf("Lookup: %v, want the failure", err)
			}
		}
		wantCalls(1)
		time.Sleep(2 * time.Second)
		c.FailAll(nil)
		for range 5 {
			if found, err := look(time.Second); found != 1 || err != nil {
				t.Errorf("%d machines, error %v", found, err)
			}
		}
		wantCalls(2)
		time.Sleep(time.Minute)
		if _, err := look(0); err != nil {
			t.Error(err)
		}
		wantCalls(3)
	})
}
