package cloud_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// powered is fixed with a latency for power as well.
func powered() cloud.Latencies {
	latencies := fixed
	latencies.Power = cloud.Latency{Median: 6 * time.Second}
	return latencies
}

const untilReady = 140 * time.Second // of a machine with fixed latencies, and a little more

func TestStoppedMachineStartsAgainAndJoinsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: powered(), Guest: joiner{}})
		m := mustCreate(t, c, order("w1"))
		expectAt(t, c, untilReady, cloud.StateReady)
		if !c.ChangePower(m.Identifier, cloud.PowerStop) {
			t.Fatal("stop: not found")
		}
		if busy := expectAt(t, c, 5*time.Second, cloud.StateReady); !busy.Busy {
			t.Error("the machine is not busy while it is being stopped")
		}
		if off := expectAt(t, c, 2*time.Second, cloud.StateListed); off.Powered() || off.Busy {
			t.Errorf("powered %v, busy %v after the stop", off.Powered(), off.Busy)
		}
		expectAt(t, c, time.Hour, cloud.StateListed)
		c.ChangePower(m.Identifier, cloud.PowerStart)
		expectAt(t, c, 27*time.Second, cloud.StateBooted) // 6 to start, 20 to boot
		expectAt(t, c, time.Minute, cloud.StateReady)
	})
}

func TestRestartTakesTheMachineThroughABoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: powered(), Guest: joiner{}})
		m := mustCreate(t, c, order("w1"))
		before := expectAt(t, c, untilReady, cloud.StateReady)
		c.ChangePower(m.Identifier, cloud.PowerRestart)
		expectAt(t, c, 7*time.Second, cloud.StateListed)
		if after := expectAt(t, c, 2*time.Minute, cloud.StateReady); !after.Booted.After(before.Booted) {
			t.Error("the machine did not boot again")
		}
	})
}

func TestPowerChangesThatChangeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: powered(), Guest: joiner{}})
		m := mustCreate(t, c, order("w1"))
		if c.ChangePower(m.Identifier, cloud.PowerStart) {
			t.Error("a pending machine must not be found")
		}
		before := expectAt(t, c, untilReady, cloud.StateReady)
		c.ChangePower(m.Identifier, cloud.PowerStart)
		c.ChangePower(m.Identifier, cloud.PowerStop) // dropped: a change is under way
		if after := expectAt(t, c, time.Hour, cloud.StateReady); after.Booted != before.Booted {
			t.Error("a running machine was started again")
		}
		c.Delete(m.Identifier)
		c.ChangePower(m.Identifier, cloud.PowerStart)
		expectAt(t, c, 10*time.Second, cloud.StateDeleting)
		expectAt(t, c, time.Minute, cloud.StateGone)
	})
}

// lateReporter is a guest that reports once its machine has been switched off.
type lateReporter struct{}

func (lateReporter) Run(ctx context.Context, _ cloud.Host, report cloud.Report) {
	<-ctx.Done()
	report.Joined()
	report.Ready()
}

func TestWhatAGuestReportsAfterTheStopIsTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Guest: lateReporter{}})
		m := mustCreate(t, c, order("w1"))
		expectAt(t, c, time.Minute, cloud.StateBooted)
		c.ChangePower(m.Identifier, cloud.PowerStop)
		expectAt(t, c, time.Minute, cloud.StateListed)
	})
}

// scribe is a guest that counts on its disk how often it ran.
type scribe struct{}

func (scribe) Run(ctx context.Context, host cloud.Host, _ cloud.Report) {
	times, _ := host.Disk.Load().(int)
	host.Disk.Store(times + 1)
	<-ctx.Done()
}

func TestDiskOutlivesARestartAndBelongsToOneMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disks := map[string]int{}
		c := start(t, cloud.Options{Guest: guestFuncs(func(ctx context.Context, host cloud.Host) {
			scribe{}.Run(ctx, host, nil)
			disks[host.Hostname], _ = host.Disk.Load().(int)
		})})
		m := mustCreate(t, c, order("w1"))
		other := mustCreate(t, c, order("w2"))
		synctest.Wait()
		c.ChangePower(m.Identifier, cloud.PowerRestart)
		synctest.Wait()
		c.Delete(m.Identifier)
		synctest.Wait()
		c.Delete(other.Identifier)
		synctest.Wait()
		if disks["w1"] != 2 || disks["w2"] != 1 {
			t.Errorf("disks %v, want 2 runs of w1 and 1 of w2", disks)
		}
	})
}

type guestFuncs func(context.Context, cloud.Host)

func (f guestFuncs) Run(ctx context.Context, host cloud.Host, _ cloud.Report) { f(ctx, host) }

func TestNilDiskKeepsNothing(t *testing.T) {
	var none *cloud.Disk
	none.Store(1)
	if got := none.Load(); got != nil {
		t.Errorf("loaded %v", got)
	}
}

func TestBalloonHidesMemoryOfSharedPlansOnly(t *testing.T) {
	for plan, want := range map[string]int{
		"00000002-5a11-11f0-a000-000000000001": 1024, // A-Advanced-2
		"00000004-5a11-11f0-a000-000000000001": 8192, // G-2
	} {
		synctest.Test(t, func(t *testing.T) {
			seen := 0
			c := start(t, cloud.Options{BalloonMB: 1024, Guest: guestFuncs(func(_ context.Context, host cloud.Host) { seen = host.Plan.MemoryMB })})
			o := order("w1")
			o.PlanID = plan
			if m := mustCreate(t, c, o); m.Plan.MemoryMB < 4096 {
				t.Errorf("the record shows %d MB", m.Plan.MemoryMB)
			}
			synctest.Wait()
			if seen != want {
				t.Errorf("plan %s: the guest sees %d MB, want %d", plan, seen, want)
			}
		})
	}
}
