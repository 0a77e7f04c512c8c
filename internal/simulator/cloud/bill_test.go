package cloud_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// hourly is the price of A-Advanced-2 in the first data centre: 16 dollars over 720 hours, in billionths.
const hourly = 22_222_222

func TestStartedHoursAreOwed(t *testing.T) {
	tests := map[string]struct {
		listed time.Duration
		hours  int64
	}{
		"a second":         {time.Second, 1},
		"exactly one hour": {time.Hour, 1},
		"one second more":  {time.Hour + time.Second, 2},
		"a month":          {720 * time.Hour, 720},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := start(t, cloud.Options{})
				machine := mustCreate(t, c, order("w1"))
				synctest.Wait()
				time.Sleep(test.listed)
				c.Delete(machine.Identifier)
				synctest.Wait()
				time.Sleep(1000 * time.Hour) // costs nothing any more
				bill := c.Bill()
				if bill.Owed != test.hours*hourly {
					t.Errorf("owed %d, want %d hours of %d", bill.Owed, test.hours, hourly)
				}
				if want := int64(test.listed.Hours() * hourly); bill.Metered != want {
					t.Errorf("metered %d, want %d", bill.Metered, want)
				}
			})
		})
	}
}

func TestPendingMachinesCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: fixed})
		mustCreate(t, c, order("w1"))
		time.Sleep(50 * time.Second)
		if bill := c.Bill(); bill != (cloud.Bill{}) {
			t.Errorf("bill %+v, want nothing", bill)
		}
	})
}

func TestPeakRateOutlivesTheMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: fixed})
		first := mustCreate(t, c, order("w1"))
		mustCreate(t, c, order("w2"))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		c.Delete(first.Identifier)
		if bill := c.Bill(); bill.Rate != 2*hourly || bill.Machines != 2 {
			t.Errorf("rate %v for %d machines while one is being deleted, want both billed", bill.Rate, bill.Machines)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if bill := c.Bill(); bill.Rate != hourly || bill.PeakRate != 2*hourly || bill.Machines != 1 {
			t.Errorf("bill %+v, want the rate of one machine and the peak of two", bill)
		}
	})
}
