package market_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
)

// shop is a cloud that counts how often it is asked.
type shop struct {
	datacenters []string
	sells       map[string][]string
	fails       map[string]error // by data centre; "" is the list of them
	asked       int
}

func (s *shop) listDatacenters(context.Context) ([]cloud.Datacenter, error) {
	s.asked++
	var found []cloud.Datacenter
	for _, id := range s.datacenters {
		found = append(found, cloud.Datacenter{ID: id})
	}
	return found, s.fails[""]
}

func (s *shop) listOfferings(_ context.Context, datacenterID string) ([]plan.Offering, error) {
	var found []plan.Offering
	for _, id := range s.sells[datacenterID] {
		found = append(found, plan.Offering{ID: id, DatacenterID: datacenterID})
	}
	return found, s.fails[datacenterID]
}

func newShop() *shop {
	return &shop{
		datacenters: []string{"fra", "ams"}, sells: map[string][]string{"fra": {"small", "large"}, "ams": {"small"}}, fails: map[string]error{},
	}
}

// watch runs a watcher in virtual time.
func watch(t *testing.T, s *shop, then func(*market.Watcher)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		watcher := market.NewWatcher(s.listDatacenters, s.listOfferings)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- watcher.Start(ctx) }()
		synctest.Wait()
		then(watcher)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestTheMarketTellsWhatIsSoldWhere(t *testing.T) {
	watch(t, newShop(), func(w *market.Watcher) {
		m := w.Market()
		if !m.Has("ams") || m.Has("lon") {
			t.Error("want the data centre ams and not lon")
		}
		if sold, known := m.Sells("fra", "large"); !sold || !known {
			t.Errorf("large in fra: sold %t, known %t", sold, known)
		}
		if sold, known := m.Sells("ams", "large"); sold || !known {
			t.Errorf("large in ams: sold %t, known %t", sold, known)
		}
		if got := m.SoldIn("small"); !slices.Equal(got, []string{"ams", "fra"}) {
			t.Errorf("small is sold in %v", got)
		}
	})
}

func TestWhatCannotBeReadIsUnknownAndTriedAgain(t *testing.T) {
	s := newShop()
	s.fails["ams"] = errors.New("no answer")
	watch(t, s, func(w *market.Watcher) {
		if _, known := w.Market().Sells("ams", "small"); known {
			t.Error("the offerings of ams are known")
		}
		if _, known := w.Market().Sells("fra", "small"); !known {
			t.Error("the offerings of fra are unknown")
		}
		s.fails = map[string]error{}
		after(time.Minute)
		if sold, _ := w.Market().Sells("ams", "small"); !sold {
			t.Error("not read again after a minute")
		}
		s.fails[""] = errors.New("no answer")
		after(15 * time.Minute)
		if w.Market() != nil {
			t.Error("the market is believed although the cloud does not answer")
		}
	})
}

func TestADoubtedMarketIsReadAgainAtMostOnceAMinute(t *testing.T) {
	s := newShop()
	watch(t, s, func(w *market.Watcher) {
		for range 5 {
			w.Doubt()
			after(10 * time.Second)
		}
		if s.asked != 1 {
			t.Fatalf("asked %d times in the first minute, want once", s.asked)
		}
		after(10 * time.Second)
		if s.asked != 2 {
			t.Fatalf("asked %d times after a minute, want twice", s.asked)
		}
		after(14 * time.Minute)
		if s.asked != 2 {
			t.Errorf("asked %d times without a doubt, want twice", s.asked)
		}
	})
}

func TestNobodyWatchesWithoutACloud(t *testing.T) {
	var none *market.Watcher
	none.Doubt()
	if none.Market() != nil {
		t.Error("there is a market")
	}
}
