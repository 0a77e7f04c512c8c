package cloud_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

func TestMachinesThatTurnOutBroken(t *testing.T) {
	tests := map[cloud.Fate]func(t *testing.T, m cloud.Machine){
		cloud.FateInactive: func(t *testing.T, m cloud.Machine) {
			if m.Active() || m.Powered() || m.State != cloud.StateListed {
				t.Errorf("active %v, powered %v, state %s", m.Active(), m.Powered(), m.State)
			}
		},
		cloud.FateNoAddress: func(t *testing.T, m cloud.Machine) {
			if m.PublicIPv4 != "" || m.PrivateIPv4 != "" || m.PublicIPv6 != "" || !m.Powered() {
				t.Errorf("addresses %q %q %q, powered %v", m.PublicIPv4, m.PrivateIPv4, m.PublicIPv6, m.Powered())
			}
		},
		cloud.FateNoAgent: func(t *testing.T, m cloud.Machine) {
			if m.AgentAnswers() || m.State != cloud.StateBooted {
				t.Errorf("agent %v, state %s", m.AgentAnswers(), m.State)
			}
		},
		cloud.FateNeverJoin: func(t *testing.T, m cloud.Machine) {
			if !m.AgentAnswers() || m.State != cloud.StateBooted {
				t.Errorf("agent %v, state %s", m.AgentAnswers(), m.State)
			}
		},
		cloud.FateMixedCase: func(t *testing.T, m cloud.Machine) {
			if m.Hostname() != "W1" || m.Order.Hostname != "w1" || m.State != cloud.StateReady {
				t.Errorf("listed as %q, ordered as %q, state %s", m.Hostname(), m.Order.Hostname, m.State)
			}
		},
		cloud.FateDeletedOutside: func(t *testing.T, m cloud.Machine) {
			if m.State != cloud.StateGone || m.Ready.IsZero() || m.Gone.Sub(m.Listed) != time.Hour {
				t.Errorf("state %s, ready %v, gone %v after it was listed", m.State, m.Ready, m.Gone.Sub(m.Listed))
			}
		},
	}
	for fate, check := range tests {
		t.Run(string(fate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := start(t, cloud.Options{Latencies: fixed, Guest: joiner{}})
				o := order("w1")
				o.PublicIPv6, o.PrivateIP = true, true
				o.Fate, o.FateAfter = fate, time.Hour
				mustCreate(t, c, o)
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				check(t, c.All()[0])
			})
		})
	}
}

func TestGuestLearnsThatItNeverGetsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := false
		c := start(t, cloud.Options{Guest: guestFuncs(func(_ context.Context, host cloud.Host) { told = host.NeverReady })})
		o := order("w1")
		o.Fate = cloud.FateNeverReady
		mustCreate(t, c, o)
		synctest.Wait()
		if !told {
			t.Error("the guest was not told")
		}
	})
}

func TestFrozenMachineStaysPoweredWithoutItsGuest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var frozen time.Time
		c := start(t, cloud.Options{Latencies: fixed, Guest: guestFuncs(func(ctx context.Context, _ cloud.Host) {
			<-ctx.Done()
			frozen = time.Now()
		})})
		o := order("w1")
		o.Fate, o.FateAfter = cloud.FateFreeze, 10*time.Minute
		mustCreate(t, c, o)
		m := expectAt(t, c, time.Hour, cloud.StateBooted)
		if got := frozen.Sub(m.Listed); got != 10*time.Minute || !m.Powered() {
			t.Errorf("frozen %v after it was listed, powered %v", got, m.Powered())
		}
	})
}

func TestQueuedOrderIsOnNoListAndCountsAgainstTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, cloud.Options{Latencies: fixed, MachineLimit: 1})
		o := order("w1")
		o.QueueFor = time.Minute
		mustCreate(t, c, o)
		expectAt(t, c, 59*time.Second, cloud.StateQueued)
		if pending, listed := c.Pending(), c.Listed(); len(pending) != 0 || len(listed) != 0 {
			t.Errorf("%d pending, %d listed", len(pending), len(listed))
		}
		if _, _, err := c.Create(order("w2")); err == nil {
			t.Error("the limit does not count a queued order")
		}
		expectAt(t, c, time.Second, cloud.StatePending)
		expectAt(t, c, time.Hour, cloud.StateBooted)
	})
}
