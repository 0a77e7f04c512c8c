package cloud_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

func TestBillTellsWhatEachMachineCosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: fixed})
		first := mustCreate(t, c, order("w1"))
		vanished := order("w2")
		vanished.Fate = cloud.FateVanish
		mustCreate(t, c, vanished)
		time.Sleep(65*time.Second + 90*time.Minute) // listed for an hour and a half
		c.Delete(first.Identifier)
		time.Sleep(15 * time.Second)
		synctest.Wait()
		mustCreate(t, c, order("W1")) // the name again, in another case
		time.Sleep(65*time.Second + time.Minute)
		synctest.Wait()

		lines := c.BillOf("w1")
		if len(lines) != 2 || len(c.BillLines()) != 2 {
			t.Fatalf("lines %+v", lines)
		}
		ended, running := lines[0], lines[1]
		if ended.Hours != 2 || ended.Owed != 2*hourly || ended.Metered != int64(5415)*hourly/3600 || ended.To.Sub(ended.From) != 5415*time.Second {
			t.Errorf("ended machine: %+v", ended)
		}
		if running.Hours != 1 || !running.To.IsZero() || running.Plan != "A-Advanced-2" || running.Datacenter != "HEL" {
			t.Errorf("running machine: %+v", running)
		}
		bill := c.Bill()
		if bill.Owed != ended.Owed+running.Owed || bill.Metered != ended.Metered+running.Metered {
			t.Errorf("bill %+v is not the sum of its lines", bill)
		}
	})
}

func TestPricesStrayFromTheListHourByHour(t *testing.T) {
	prices := func(seed uint64) []int64 {
		var found []int64
		synctest.Test(t, func(t *testing.T) {
			c := start(t, cloud.Options{Seed: seed, PriceDrift: 0.1})
			for range 48 {
				cents := c.Plans(catalogue.Datacenters[0])[1].CentsMonthly
				if cents < 1440 || cents > 1760 {
					t.Errorf("seed %d: price %d, want 1600 within a tenth", seed, cents)
				}
				found = append(found, cents)
				time.Sleep(time.Hour)
			}
		})
		return found
	}
	one, again, other := prices(1), prices(1), prices(2)
	distinct := map[int64]bool{}
	for i := range one {
		if one[i] != again[i] {
			t.Errorf("hour %d: %d, and %d with the same seed", i, one[i], again[i])
		}
		distinct[one[i]] = true
	}
	if one[0] != 1600 || len(distinct) < 24 || one[5] == other[5] {
		t.Errorf("prices %v with one seed, %v with another", one, other)
	}
}

func TestMachineKeepsThePriceOfItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Seed: 1, PriceDrift: 0.2})
		mustCreate(t, c, order("w1"))
		time.Sleep(10 * time.Hour)
		if got := c.Bill().Owed; got != 10*hourly {
			t.Errorf("owed %d, want %d", got, 10*hourly)
		}
		second := mustCreate(t, c, order("w2"))
		if second.Plan.CentsMonthly != c.Plans(catalogue.Datacenters[0])[1].CentsMonthly || second.Plan.CentsMonthly == 1600 {
			t.Errorf("ordered for %d", second.Plan.CentsMonthly)
		}
	})
}

func TestAccountWithoutMoneyOrdersNothingAndIsSuspendedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		options := managed(0)
		options.Guest, options.Balance, options.SuspendAfter = joiner{}, 2*hourly, time.Hour
		c := start(t, options)
		mustCreate(t, c, order("w1"))
		if balance, prepaid := c.Balance(); balance != 2*hourly || !prepaid {
			t.Errorf("balance %d, prepaid %v", balance, prepaid)
		}
		time.Sleep(65*time.Second + time.Hour + time.Minute) // the second hour has begun
		if _, _, err := c.Create(order("w2")); !errors.Is(err, cloud.ErrBalance) {
			t.Errorf("error %v, want %v", err, cloud.ErrBalance)
		}
		if _, _, err := c.AddWorker(cloud.WorkerOrder{ClusterID: clusterID}); !errors.Is(err, cloud.ErrBalance) {
			t.Errorf("worker: error %v, want %v", err, cloud.ErrBalance)
		}
		expectAt(t, c, 30*time.Minute, cloud.StateReady)
		if m := expectAt(t, c, 40*time.Minute, cloud.StateListed); !m.Suspended || m.Powered() {
			t.Errorf("suspended %v, powered %v", m.Suspended, m.Powered())
		}
		c.ChangePower(c.All()[0].Identifier, cloud.PowerStart)
		expectAt(t, c, 5*time.Minute, cloud.StateListed)

		c.TopUp(100 * hourly)
		if m := expectAt(t, c, 5*time.Minute, cloud.StateReady); m.Suspended {
			t.Error("still suspended after a payment")
		}
		mustCreate(t, c, order("w2"))
	})
}

func TestTagsAndKeysBelongToListedMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: fixed})
		o := order("w1")
		o.Tags, o.SSHKeyID = []string{"a"}, "k1"
		m := mustCreate(t, c, o)
		if c.AddTags(m.Identifier, []string{"b"}) || c.SetTags("x", nil) || c.AddSSHKey("x", "k") {
			t.Error("a machine that is not listed was changed")
		}
		time.Sleep(time.Hour)
		c.AddTags(m.Identifier, []string{"b", "a"})
		c.AddSSHKey(m.Identifier, "k2")
		got, _ := c.Find(m.Identifier)
		if len(got.Tags) != 2 || got.Tags[1] != "b" || len(got.SSHKeys) != 2 || got.SSHKeys[0] != "k1" {
			t.Errorf("tags %v, keys %v", got.Tags, got.SSHKeys)
		}
		c.SetTags(m.Identifier, []string{"c"})
		if now, _ := c.Find(m.Identifier); len(now.Tags) != 1 || now.Tags[0] != "c" || got.Tags[0] != "a" || now.Order.Tags[0] != "a" {
			t.Errorf("tags %v, of the copy %v, of the order %v", now.Tags, got.Tags, now.Order.Tags)
		}
	})
}
