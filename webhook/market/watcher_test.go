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
	asked       int              // for the list
	askedFor    map[string]int   // for the offerings of a data centre
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
	s.askedFor[datacenterID]++
	var found []plan.Offering
	for _, id := range s.sells[datacenterID] {
		found = append(found, plan.Offering{ID: id, DatacenterID: datacenterID})
	}
	return found, s.fails[datacenterID]
}

func newShop() *shop {
	return &shop{
		datacenters: []string{"fra", "ams"}, sells: map[string][]string{"fra": {"small", "large"}, "ams": {"small"}}, fails: map[string]error{},
		askedFor: map[string]int{},
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

// offered are the offerings that the watcher knows of a data centre, or its error.
func offered(t *testing.T, w *market.Watcher, datacenterID string) ([]string, error) {
	t.Helper()
	offerings, err := w.Offerings(t.Context(), datacenterID)
	var ids []string
	for i := range offerings {
		ids = append(ids, offerings[i].ID)
	}
	return ids, err
}

func TestWhatIsAskedForIsReadEveryMinuteAndTheRestSeldom(t *testing.T) {
	s := newShop()
	watch(t, s, func(w *market.Watcher) {
		for range 14 {
			if ids, err := offered(t, w, "fra"); err != nil || !slices.Equal(ids, []string{"small", "large"}) {
				t.Fatalf("fra offers %v, %v", ids, err)
			}
			after(time.Minute)
		}
		if got := s.askedFor["fra"]; got != 15 {
			t.Errorf("the cloud was asked %d times for fra in 14 minutes, want once a minute and at the start", got)
		}
		if got := s.askedFor["ams"]; got != 1 {
			t.Errorf("the cloud was asked %d times for ams in 14 minutes, want once", got)
		}
		after(2 * time.Minute)
		if got := s.askedFor["ams"]; got != 2 {
			t.Errorf("the cloud was asked %d times for ams in 16 minutes, want twice", got)
		}
		if got := s.askedFor["fra"]; got != 16 {
			t.Errorf("the cloud was asked %d times for fra in 16 minutes, want 16: nobody has asked for it since all was read", got)
		}
	})
}

func TestADatacenterThatWasNeverReadIsAskedForAtOnce(t *testing.T) {
	s := newShop()
	w := market.NewWatcher(s.listDatacenters, s.listOfferings)
	for range 2 {
		if ids, err := offered(t, w, "ams"); err != nil || !slices.Equal(ids, []string{"small"}) {
			t.Errorf("ams offers %v, %v", ids, err)
		}
	}
	if s.askedFor["ams"] != 1 {
		t.Errorf("the cloud was asked %d times, want once", s.askedFor["ams"])
	}
	if w.Market() != nil {
		t.Error("there is a market before the data centres were listed")
	}
}

func TestWhatCannotBeReadIsUnknownToEverybody(t *testing.T) {
	s := newShop()
	watch(t, s, func(w *market.Watcher) {
		if _, err := offered(t, w, "ams"); err != nil {
			t.Fatal(err)
		}
		s.fails["ams"] = errors.New("no answer")
		after(time.Minute)
		if _, err := offered(t, w, "ams"); err == nil || err.Error() != "no answer" {
			t.Errorf("the offerings of ams are given with the error %v, want that of the cloud", err)
		}
		if _, known := w.Market().Sells("ams", "small"); known {
			t.Error("the market knows the offerings that Offerings does not")
		}
		s.fails = map[string]error{"": errors.New("no list")}
		after(15 * time.Minute)
		if ids, err := offered(t, w, "ams"); err != nil || !slices.Equal(ids, []string{"small"}) || w.Market() != nil {
			t.Errorf("without a list of data centres ams offers %v, %v, and there is a market: %t", ids, err, w.Market() != nil)
		}
	})
}

func TestADatacenterThatIsClosedIsForgotten(t *testing.T) {
	s := newShop()
	watch(t, s, func(w *market.Watcher) {
		s.datacenters = []string{"fra"}
		after(15 * time.Minute)
		if _, known := w.Market().Sells("ams", "small"); known || w.Market().Has("ams") {
			t.Error("ams is still there")
		}
		s.fails["ams"] = errors.New("no such data centre")
		if _, err := offered(t, w, "ams"); err == nil {
			t.Error("the offerings of a closed data centre are known")
		}
	})
}

func TestChangesAreTold(t *testing.T) {
	s := newShop()
	synctest.Test(t, func(t *testing.T) {
		w, told := market.NewWatcher(s.listDatacenters, s.listOfferings), 0
		w.OnChange(func() { told++ })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Start(ctx) }()
		defer func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		want := func(when string, more int, change func()) {
			t.Helper()
			before := told
			change()
			_, _ = offered(t, w, "fra") // somebody asks, so that it is read each minute
			after(time.Minute)
			if got := told - before; got != more {
				t.Errorf("%s, changes were told %d times, want %d", when, got, more)
			}
		}
		if told != 2 {
			t.Errorf("after the first reading changes were told %d times, want one for each data centre", told)
		}
		want("while nothing changes", 0, func() {})
		want("when an offering goes", 1, func() { s.sells["fra"] = []string{"small"} })
		want("when the cloud does not answer", 1, func() { s.fails["fra"] = errors.New("no answer") })
		want("while it does not", 0, func() {})
		want("when it answers again", 1, func() { delete(s.fails, "fra") })
	})
}
