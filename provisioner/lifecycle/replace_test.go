package lifecycle_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// standingGroup runs a test on a whole controller whose group web has so many ready nodes, prod-web-0 and so on.
func standingGroup(t *testing.T, nodes int, act func(t *testing.T, c *cycle, names []string)) {
	synctest.Test(t, func(t *testing.T) {
		c, names := newStandingGroup(t, nodes)
		c.start()
		c.runFor(2 * time.Minute)
		act(t, c, names)
		c.stop()
	})
}

func newStandingGroup(t *testing.T, nodes int) (c *cycle, names []string) {
	c = newCycle(t, fake.Options{}, build.NodeGroup("web").Desired(int32(nodes)).Offerings(fake.OfferingGeneral2).Obj())
	for i := range nodes {
		names = append(names, fmt.Sprintf("%sweb-%d", prefix, i))
	}
	c.standing(names...)
	return c, names
}

// standingNow are those of the names that are there and not on their way out.
func (c *cycle) standingNow(names []string) (staying []string) {
	for _, object := range c.objects() {
		if object.DeletionTimestamp == nil && slices.Contains(names, object.Name) {
			staying = append(staying, object.Name)
		}
	}
	return staying
}

func (c *cycle) replaced(reason string) float64 {
	return testutil.ToFloat64(c.metrics.NodesReplaced.WithLabelValues("web", build.Namespace, reason))
}

func TestNodeWhoseMachineIsDeletedOutsideIsReplaced(t *testing.T) {
	standingGroup(t, 2, func(t *testing.T, c *cycle, names []string) {
		c.cloud.RemoveMachine(names[0])
		removed := time.Now()
		c.runFor(40 * time.Second)
		c.report(names[0], corev1.ConditionUnknown)
		c.runUntil("it is given up", func() bool { return len(c.standingNow(names)) == 1 })
		if took := time.Since(removed); took > 100*time.Second {
			t.Errorf("given up %v after the machine was removed", took)
		}
		c.runUntil("another is ready", func() bool { return c.settled(2) })
		if took := time.Since(removed); took > 4*time.Minute {
			t.Errorf("replaced %v after the machine was removed", took)
		}
		if c.replaced(v1alpha1.ReasonMachineMissing) != 1 || len(c.cloud.Calls(fake.OpCreate)) != 1 {
			t.Errorf("%v replacements counted, %d machines bought", c.replaced(v1alpha1.ReasonMachineMissing), len(c.cloud.Calls(fake.OpCreate)))
		}
		if !slices.ContainsFunc(c.events.Seen(), func(event string) bool { return strings.HasPrefix(event, "web Replacing: replacing "+names[0]) }) {
			t.Errorf("events %q", c.events.Seen())
		}
	})
}

func TestNodeThatStaysNotReadyIsReplacedWhenItsTimeIsUp(t *testing.T) {
	tests := map[string]struct {
		fail   func(c *cycle, name string)
		reason string
	}{
		"the kubelet is silent": {func(c *cycle, name string) { c.report(name, corev1.ConditionUnknown) }, v1alpha1.ReasonNodeNotReady},
		"the Node was deleted": {func(c *cycle, name string) {
			_ = c.api.Delete(context.Background(), build.Node(name).Obj())
		}, v1alpha1.ReasonNodeMissing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			standingGroup(t, 2, func(t *testing.T, c *cycle, names []string) {
				test.fail(c, names[1])
				failed := time.Now()
				c.runUntil("it is given up", func() bool { return len(c.standingNow(names)) == 1 })
				if took := time.Since(failed); took < unhealthyTimeout-2*time.Second || took > unhealthyTimeout+5*time.Second {
					t.Errorf("given up after %v, want %v", took, unhealthyTimeout)
				}
				c.runUntil("another is ready", func() bool { return c.settled(2) })
				if c.replaced(test.reason) != 1 {
					t.Errorf("replacements for %s: %v", test.reason, c.replaced(test.reason))
				}
			})
		})
	}
}

func TestNodeThatRecoversInTimeStays(t *testing.T) {
	standingGroup(t, 2, func(t *testing.T, c *cycle, names []string) {
		for range 3 {
			c.report(names[0], corev1.ConditionUnknown)
			c.runFor(unhealthyTimeout - 10*time.Second)
			c.report(names[0], corev1.ConditionTrue)
			c.runFor(20 * time.Second)
		}
		if staying := c.standingNow(names); len(staying) != 2 || len(c.cloud.Calls(fake.OpCreate)) != 0 {
			t.Errorf("staying %v, %d machines bought", staying, len(c.cloud.Calls(fake.OpCreate)))
		}
	})
}

// Given half of ten nodes that fail at once, then never more than two are on their way out, and while more than two fail new ones must
// prove themselves before the next old ones go.
func TestMeltdownIsHeldBack(t *testing.T) {
	tests := map[string]struct {
		dark bool
		left int // of the five that failed, after a while
	}{
		"new nodes work":         {dark: false, left: 0},
		"new nodes fail as well": {dark: true, left: 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			standingGroup(t, 10, func(t *testing.T, c *cycle, names []string) {
				c.dark = test.dark
				c.onTurn = func() {
					leaving, ready := 0, 0
					for _, object := range c.objects() {
						switch {
						case object.DeletionTimestamp != nil:
							leaving++
						case object.Status.Phase == v1alpha1.PhaseReady:
							ready++
						}
					}
					if failed := len(c.standingNow(names[:5])); leaving > 2 || ready < 8 && failed > 1 {
						t.Errorf("%d nodes are leaving and %d have been ready: %v", leaving, ready, c.states())
					}
				}
				for _, name := range names[:5] {
					c.report(name, corev1.ConditionUnknown)
				}
				c.runFor(40 * time.Minute)
				if left := len(c.standingNow(names[:5])); left != test.left {
					t.Errorf("%d of the failed nodes are left, want %d", left, test.left)
				}
				if len(c.standingNow(names[5:])) != 5 {
					t.Error("a healthy node was replaced")
				}
				held := slices.DeleteFunc(c.events.Seen(), func(event string) bool { return !strings.HasPrefix(event, "web RepairHeld") })
				if len(held) != 1 {
					t.Errorf("events %q, want one that says that nodes are held", held)
				}
			})
		})
	}
}

// TestEveryCrashDuringAReplacementEndsWell has a node fail and runs the controllers, and again for each external write with the process
// dying just before and just after it. Whatever the point: in the end there are two nodes that are ready and two machines.
func TestEveryCrashDuringAReplacementEndsWell(t *testing.T) {
	failures := map[string]func(c *cycle, name string){
		"not ready": func(c *cycle, name string) { c.report(name, corev1.ConditionUnknown) },
		"vanished": func(c *cycle, name string) {
			c.cloud.RemoveMachine(name)
			c.report(name, corev1.ConditionUnknown)
		},
	}
	total := 0
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			var writes []string
			synctest.Test(t, func(t *testing.T) { writes = replaceAndDie(t, fail, crash{}) })
			last := len(writes)
			if name == "vanished" { // from the purchase on it is like the other
				last = slices.Index(writes, "create VPSieNode") + 1
			}
			for at := 1; at <= last; at++ {
				for _, point := range []crash{{at: at}, {at: at, after: true}} {
					total++
					t.Run(point.String(), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { replaceAndDie(t, fail, point) })
					})
				}
			}
			t.Logf("%d external writes, %d crash points: %v", len(writes), 2*last, writes)
		})
	}
	t.Logf("%d crash points", total)
}

// replaceAndDie has one of two nodes fail, and the process die at a point; the zero point is none. It returns the external writes.
func replaceAndDie(t *testing.T, fail func(c *cycle, name string), point crash) (writes []string) {
	c, names := newStandingGroup(t, 2)
	c.start()
	defer func() { c.stop() }()
	c.runFor(5 * time.Second)
	dead := false
	c.intercept = func(write string, act func() error) error {
		if dead {
			return errPowerCut
		}
		writes = append(writes, write)
		dead = len(writes) == point.at
		if dead && !point.after {
			return errPowerCut
		}
		if err := act(); !dead {
			return err
		}
		return errPowerCut
	}
	c.onTick = func() {
		if dead {
			dead, point = false, crash{}
			c.start()
		}
	}
	fail(c, names[0])
	c.runUntil("another is ready", func() bool { return c.settled(2) && len(c.standingNow(names)) == 1 })
	c.runFor(time.Minute)
	if !c.settled(2) || point.at != 0 {
		t.Errorf("nodes %v, machines %v, died %t", c.states(), c.machines(), point.at == 0)
	}
	var tokens corev1.SecretList
	if err := c.api.List(t.Context(), &tokens); err != nil || len(tokens.Items) != 0 {
		t.Errorf("%d tokens are left, error %v", len(tokens.Items), err)
	}
	var nodes corev1.NodeList
	if err := c.api.List(t.Context(), &nodes, &client.ListOptions{}); err != nil || len(nodes.Items) != 2 {
		t.Errorf("%d Nodes, error %v; want 2", len(nodes.Items), err)
	}
	return writes
}
