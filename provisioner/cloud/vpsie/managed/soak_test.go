package managed_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// TestNothingIsLostOrDoubledUnderFaults orders and deletes workers at random, while every fourth write fails before or after it took
// effect, processes die, and others add workers of their own. In the end all of ours can be deleted, and only the others are left.
func TestNothingIsLostOrDoubledUnderFaults(t *testing.T) {
	orders := 0
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { orders += soak(newWorld(t), rand.New(rand.NewPCG(seed, 1))) })
		})
	}
	t.Logf("%d workers were made", orders)
}

func soak(w *world, random *rand.Rand) (orders int) {
	w.countAtOnce = random.IntN(2) == 0
	w.pass = func(_ string, act func() error) error {
		switch random.IntN(8) {
		case 0:
			return errPowerCut
		case 1:
			_ = act()
			return errPowerCut
		}
		return act()
	}
	foreign := map[string]bool{}
	for step := range 40 {
		w.addTime = time.Duration(30+random.IntN(300)) * time.Second
		switch random.IntN(6) {
		case 0, 1, 2:
			order := request(fmt.Sprintf("%sw-%d", prefix, step))
			order.OfferingID = []string{"4", "5"}[random.IntN(2)]
			_ = w.provider.Create(w.Context(), order)
		case 3:
			for _, machine := range w.some() {
				_ = w.provider.Delete(w.Context(), machine)
				break
			}
		case 4:
			w.restart()
		case 5:
			w.quiet()
			foreign[w.add(int64(4+random.IntN(2))).id] = true
			time.Sleep(w.addTime + time.Minute)
		}
		for range random.IntN(30) {
			w.some()
			time.Sleep(poll)
		}
	}
	w.pass = nil
	w.quiet()
	for end := time.Now().Add(time.Hour); time.Now().Before(end) && len(w.machines()) > 0; time.Sleep(poll) {
		for _, machine := range w.machines() {
			_ = w.provider.Delete(w.Context(), machine)
		}
	}
	alive := w.alive()
	if want := slices.Sorted(maps.Keys(foreign)); !slices.Equal(slices.Sorted(slices.Values(alive)), want) {
		w.Errorf("workers %v are left, want those of others, %v", alive, want)
	}
	return w.count("add worker")
}

// some are the machines that can be listed just now.
func (w *world) some() map[string]cloud.Machine {
	list, _ := w.provider.Machines(w.Context(), cloud.Filter{HostnamePrefix: prefix})
	found := map[string]cloud.Machine{}
	for _, machine := range list {
		if machine.ID != "" {
			found[machine.Hostname] = machine
		}
	}
	return found
}

// quiet lets all open orders come to their ends.
func (w *world) quiet() {
	for end := time.Now().Add(2 * addTimeout); time.Now().Before(end); time.Sleep(poll) {
		w.some()
	}
}
