package conformance

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/snapshots"
)

var (
	clusters = flag.Int("clusters", 2000, "number of random clusters")
	first    = flag.Uint64("first", 1, "seed of the first random cluster")
)

func TestMain(m *testing.M) {
	klog.SetLogger(logr.Discard())
	flag.Parse()
	os.Exit(m.Run())
}

// shrinkTrials bounds how many smaller clusters are judged to explain a disagreement.
const shrinkTrials = 1500

func TestPlansAgreeWithTheScheduler(t *testing.T) {
	// given
	scheduler := newScheduler(t)
	count := newTally()

	for seed := *first; seed < *first+uint64(*clusters); seed++ {
		// A test for each seed, so that one that never ends is named when the time is up.
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			snapshot := snapshots.Random(seed, snapshots.Family(seed))

			// when
			verdict, err := judged(scheduler, snapshot)

			// then
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range verdict.Disagreements {
				t.Error(d)
				if count.about[d.about()]++; count.about[d.about()] == 1 {
					t.Log(explain(t, scheduler, snapshot, d))
				}
			}
			count.add(verdict)
		})
	}
	t.Log(count.String())
}

// judged plans for a snapshot and asks the scheduler. A planner that panics must not hide what the other seeds show.
func judged(scheduler *Scheduler, snapshot *plan.Snapshot) (verdict *Verdict, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return scheduler.Judge(snapshot, plan.Make(snapshot))
}

// explain makes the cluster as small as it can be while planner and scheduler disagree on the same question, and describes it.
func explain(t *testing.T, scheduler *Scheduler, snapshot *plan.Snapshot, first Disagreement) string {
	t.Helper()
	same := func(s *plan.Snapshot) *Disagreement {
		verdict, err := judged(scheduler, s)
		if err != nil {
			return nil
		}
		for i := range verdict.Disagreements {
			if d := &verdict.Disagreements[i]; d.about() == first.about() {
				return d
			}
		}
		return nil
	}
	trials := 0
	small := snapshots.Shrink(snapshot, func(s *plan.Snapshot) bool {
		trials++
		return trials <= shrinkTrials && same(s) != nil
	})
	shrunk := same(small)
	if shrunk == nil {
		return "planning for the same cluster again gives another answer"
	}
	return fmt.Sprintf("in the smallest such cluster: %s\n%s%s", shrunk, outline(plan.Make(small)), snapshots.Describe(small))
}

// outline says in a line each where the pods of a plan are.
func outline(p *plan.Plan) string {
	var text strings.Builder
	for _, placed := range p.Placed {
		fmt.Fprintf(&text, "%s/%s on %s\n", placed.Pod.Namespace, placed.Pod.Name, placed.Node)
	}
	for i := range p.NewNodes {
		fmt.Fprintf(&text, "bought-%d: offering %s for %s\n", i, p.NewNodes[i].Offering.ID, p.NewNodes[i].GroupKey)
		for _, pod := range p.NewNodes[i].Pods {
			fmt.Fprintf(&text, "%s/%s on bought-%d\n", pod.Namespace, pod.Name, i)
		}
	}
	for _, left := range p.Left {
		fmt.Fprintf(&text, "%s/%s left: %s\n", left.Pod.Namespace, left.Pod.Name, left.Reason)
	}
	return text.String()
}
