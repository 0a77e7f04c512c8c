package cloud_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// sight is when one list first showed the machine and first did not show it any more, from its being listed and gone.
type sight struct{ in, out time.Duration }

// watch creates and deletes a machine and finds out when each list notices, to the tenth of a second.
func watch(t *testing.T, seed uint64, hostname string) map[cloud.List]sight {
	t.Helper()
	seen := map[cloud.List]sight{}
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Seed: seed, ListLag: 15 * time.Second})
		m := mustCreate(t, c, order(hostname))
		synctest.Wait()
		lists := []cloud.List{cloud.ListMachines, cloud.ListUser, cloud.ListAttachable}
		note := func(shown bool, set func(*sight, time.Duration)) {
			from := time.Now()
			missing := map[cloud.List]bool{}
			for _, list := range lists {
				missing[list] = true
			}
			for len(missing) > 0 && time.Since(from) <= 15*time.Second {
				for list := range missing {
					if (len(c.On(list)) == 1) == shown {
						s := seen[list]
						set(&s, time.Since(from))
						seen[list] = s
						delete(missing, list)
					}
				}
				time.Sleep(100 * time.Millisecond)
			}
			if len(missing) > 0 {
				t.Errorf("seed %d: after 15 s these lists are still behind: %v", seed, missing)
			}
		}
		note(true, func(s *sight, d time.Duration) { s.in = d })
		if !c.Delete(m.Identifier) {
			t.Error("deletion: not found")
		}
		synctest.Wait()
		note(false, func(s *sight, d time.Duration) { s.out = d })
	})
	return seen
}

func TestListsAreBehindEachByATimeOfItsOwn(t *testing.T) {
	first, again := watch(t, 3, "w1"), watch(t, 3, "w1")
	distinct := map[time.Duration]bool{}
	for list, got := range first {
		if again[list] != got {
			t.Errorf("%s: %v, and %v with the same seed", list, got, again[list])
		}
		distinct[got.in], distinct[got.out] = true, true
	}
	if len(distinct) < 5 { // of six; two may be the same to the tenth of a second
		t.Errorf("lags %v hardly differ", first)
	}
}

func TestWithoutLagListsTellTheTruth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{})
		m := mustCreate(t, c, order("w1"))
		synctest.Wait()
		for _, list := range []cloud.List{cloud.ListMachines, cloud.ListUser, cloud.ListAttachable} {
			if got := c.On(list); len(got) != 1 || got[0].Identifier != m.Identifier {
				t.Errorf("%s shows %d machines", list, len(got))
			}
		}
		if got := c.On(cloud.ListNodes); len(got) != 0 {
			t.Errorf("%d nodes of managed clusters", len(got))
		}
	})
}

func TestMachineThatAListStillShowsCannotBeFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Seed: 3, ListLag: time.Hour})
		m := mustCreate(t, c, order("w1"))
		time.Sleep(2 * time.Hour)
		c.DeleteOutside("W1")
		shown := c.On(cloud.ListMachines)
		if len(shown) != 1 || shown[0].Order.Password != "" {
			t.Errorf("the list shows %d machines, want one without its secrets", len(shown))
		}
		if _, found := c.Find(m.Identifier); found {
			t.Error("the machine is found")
		}
	})
}
