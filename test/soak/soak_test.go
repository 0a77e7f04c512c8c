// Package soak runs thousands of lives of VPSieNodes through the real controllers and the real VPSie adapter, over the simulated
// cloud in virtual time, while a fifth of all calls go wrong. In the end nothing may be left, and the bill must be that of the
// machines which the objects stood for.
package soak

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	cycles = 2000
	// atOnce is how many VPSieNodes exist at a time.
	atOnce = 40
	seed   = 20260101
	// restartEvery is after how many lives the controllers are replaced by others that know nothing.
	restartEvery = 250
)

// Given a cloud in which a fifth of the calls go wrong, machines that never join, people who delete machines and finalizers by hand,
// and controllers that are restarted, when 2,000 nodes have come and gone, then no machine is left, none was ever bought twice, and
// each was paid for only while its object lived.
func TestTwoThousandLivesLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		began := time.Now()
		w.start()
		numbers := make(chan int)
		var drivers sync.WaitGroup
		for slot := range atOnce {
			random := rand.New(rand.NewPCG(seed, uint64(slot)))
			drivers.Go(func() {
				for range numbers {
					w.live(random)
				}
			})
		}
		for number := range cycles {
			numbers <- number
			if number%restartEvery == restartEvery-1 {
				w.restart()
			}
		}
		close(numbers)
		drivers.Wait()
		w.awaitEmptyCloud()
		w.stop()
		t.Logf("seed %d: %d lives in %v of the cloud's time, %v", seed, cycles, time.Since(began).Round(time.Minute), w.traffic.summary())
		w.account()
	})
}
