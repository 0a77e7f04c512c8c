package planner

import (
	"flag"
	"fmt"
	"reflect"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/snapshots"
	"github.com/vpsie/vpsie-autoscaler/test/verify"
)

var (
	clusters = flag.Uint64("clusters", 10_000, "how many random clusters to plan for")
	enough   = flag.Int("enough", 3, "after how many clusters that go wrong to stop")
	first    = flag.Uint64("first-cluster", 0, "the seed of the first of them")
)

// check is one way to find fault with the plan for a cluster. The number decides what chance there is in it.
type check func(s *plan.Snapshot, number uint64) []string

// checks are made one after the other until one finds something.
var checks = []check{rulesKept, snapshotKept, orderIndifferent}

// rulesKept asks the verifier.
func rulesKept(s *plan.Snapshot, _ uint64) []string {
	var faults []string
	for _, err := range verify.Plan(s, plan.Make(s)) {
		faults = append(faults, err.Error())
	}
	return faults
}

// snapshotKept plans twice: the snapshot must not change, nor must the second plan be another one.
func snapshotKept(s *plan.Snapshot, _ uint64) []string {
	before := snapshots.Clone(s)
	diff := cmp.Diff(render(plan.Make(s)), render(plan.Make(s)))
	if !reflect.DeepEqual(before, s) {
		return []string{"the planner changed its snapshot:\n" + cmp.Diff(before, s)}
	}
	if diff != "" {
		return []string{"a second plan for the same snapshot is another one:\n" + diff}
	}
	return nil
}

// orderIndifferent plans for the same cluster with its lists in another order.
func orderIndifferent(s *plan.Snapshot, number uint64) []string {
	if diff := cmp.Diff(render(plan.Make(s)), render(plan.Make(snapshots.Shuffle(s, number)))); diff != "" {
		return []string{"the order of the snapshot's lists changes the plan:\n" + diff}
	}
	return nil
}

// made makes a check; a panic is a fault as well.
func (c check) made(s *plan.Snapshot, number uint64) (faults []string) {
	defer func() {
		if cause := recover(); cause != nil {
			faults = append(faults, fmt.Sprintf("panic: %v\n%s", cause, debug.Stack()))
		}
	}()
	return c(s, number)
}

// healthy makes all checks on a random cluster, the dear ones on one cluster of four, and counts what its plan has.
func healthy(seed uint64, tally *tally) bool {
	s := snapshots.Random(seed, snapshots.Family(seed))
	for i, c := range checks {
		if (i == 0 || seed%4 == uint64(i)) && len(c.made(s, seed)) > 0 {
			return false
		}
	}
	if seed%4 == 3 { // enough for a picture of what the clusters are like
		tally.count(s)
	}
	return true
}

// report prints what is wrong with a cluster and, when asked to, the smallest cluster with a fault of the same kind.
func report(t *testing.T, seed uint64, shrink bool) {
	t.Helper()
	s := snapshots.Random(seed, snapshots.Family(seed))
	for _, c := range checks {
		found := c.made(s, seed)
		if len(found) == 0 {
			continue
		}
		if !shrink {
			t.Errorf("seed %d: %d faults, the first is\n%s", seed, len(found), found[0])
			return
		}
		small := snapshots.Shrink(s, func(s *plan.Snapshot) bool { return sameKind(found[0], c.made(s, seed)) })
		t.Errorf("seed %d: %d faults, the first is\n%s\nthe smallest cluster with such a fault has\n%s\n%s\nits plan is\n%s",
			seed, len(found), found[0], c.made(small, seed)[0], snapshots.Describe(small), planned(small))
		return
	}
}

// TestPlansOfRandomClusters is the proof by numbers that no plan breaks a rule.
func TestPlansOfRandomClusters(t *testing.T) {
	n := *clusters
	if testing.Short() {
		n = min(n, 500)
	}
	var all tally
	for i, seed := range failing(n, &all) {
		report(t, seed, i == 0) // shrinking takes a while
	}
	if n >= 5000 && !t.Failed() {
		all.check(t)
	}
}

// failing plans for clusters on two processors and gives the seeds of the first few that go wrong.
func failing(n uint64, all *tally) []uint64 {
	const workers = 2
	var mutex sync.Mutex
	var bad []uint64
	var group sync.WaitGroup
	for worker := range uint64(workers) {
		group.Go(func() {
			own := tally{reasons: map[plan.Reason]int{}}
			for seed := *first + worker; seed < *first+n; seed += workers {
				fine := healthy(seed, &own)
				mutex.Lock()
				if !fine {
					bad = append(bad, seed)
				}
				stop := len(bad) >= *enough
				mutex.Unlock()
				if stop {
					break
				}
			}
			mutex.Lock()
			all.add(&own)
			mutex.Unlock()
		})
	}
	group.Wait()
	return bad
}
