package cloud_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

func TestDrawsStayInBoundsAroundTheMedian(t *testing.T) {
	profile, err := cloud.LatencyProfile("realistic")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	draws := make([]time.Duration, 2001)
	for i := range draws {
		draws[i] = profile.Build.Draw(random)
		if draws[i] < profile.Build.Min || draws[i] > profile.Build.Max {
			t.Fatalf("drew %v, outside %v to %v", draws[i], profile.Build.Min, profile.Build.Max)
		}
	}
	slices.Sort(draws)
	if median := draws[1000]; median < 65*time.Second || median > 75*time.Second {
		t.Errorf("median %v, want about %v", median, profile.Build.Median)
	}
}

func TestUnknownProfileIsRefused(t *testing.T) {
	if _, err := cloud.LatencyProfile("slow"); err == nil {
		t.Error("want an error")
	}
}

func TestSameSeedAndNameGiveTheSameLife(t *testing.T) {
	profile, err := cloud.LatencyProfile("realistic")
	if err != nil {
		t.Fatal(err)
	}
	readyAfter := func(seed uint64, before ...string) time.Duration {
		var took time.Duration
		synctest.Test(t, func(t *testing.T) {
			c := start(t, cloud.Options{Seed: seed, Latencies: profile, Guest: joiner{}})
			for _, hostname := range append(before, "w1") {
				mustCreate(t, c, order(hostname))
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			machine := c.All()[len(before)]
			took = machine.Ready.Sub(machine.Created)
		})
		return took
	}
	alone, later, otherSeed := readyAfter(7), readyAfter(7, "w8", "w9"), readyAfter(8)
	if alone != later {
		t.Errorf("ready after %v alone and %v after others; want no difference", alone, later)
	}
	if alone == otherSeed {
		t.Errorf("ready after %v with either seed; want a difference", alone)
	}
}
