package unschedulable_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

const (
	burst = 10_000
	// verdicts is how many verdicts kube-scheduler writes a second, and spare how many it writes at once before it is held to that.
	verdicts, spare = 50, 100
	// idle and longest are the defaults of the window in which pods are collected for a plan.
	idle, longest = 500 * time.Millisecond, 5 * time.Second
	// bar is how long after the first verdict a plan has to begin that knows all pods.
	bar = 2 * time.Second
)

// crowdOf makes the pods of a burst; owners of zero gives every pod one of its own.
func crowdOf(owners int) []*corev1.Pod {
	pods := make([]*corev1.Pod, burst)
	for i := range pods {
		builder := build.Pod(fmt.Sprint("p", i))
		if owners > 0 {
			builder = builder.OwnedBy("ReplicaSet", fmt.Sprint("owner-", i%owners))
		}
		pods[i] = builder.Obj()
	}
	return pods
}

// refuse is what kube-scheduler makes of a pod.
func refuse(pod *corev1.Pod) *corev1.Pod {
	refused := pod.DeepCopy()
	refused.Status.Conditions = build.Pod("").Unschedulable().Obj().Status.Conditions
	return refused
}

// judgeAll has kube-scheduler write its verdicts in some order, as fast as its client may, until the test is done.
func judgeAll(pods *podCache, crowd []*corev1.Pod, done <-chan struct{}) {
	limit := time.NewTicker(time.Second / verdicts)
	defer limit.Stop()
	for i, at := range rand.New(rand.NewPCG(1, 1)).Perm(len(crowd)) {
		if i >= spare {
			select {
			case <-limit.C:
			case <-done:
				return
			}
		}
		pods.put(refuse(crowd[at]))
	}
}

// collect is the window of the provisioner: it gives the time at which a plan begins.
func collect(d *unschedulable.Detector) {
	<-d.Changed()
	end := time.After(longest)
	for {
		select {
		case <-d.Changed():
		case <-time.After(idle):
			return
		case <-end:
			return
		}
	}
}

// newBurst is a detector that has seen a crowd of pods on which there is no verdict yet.
func newBurst(t *testing.T, owners int) (*podCache, *unschedulable.Detector, []*corev1.Pod) {
	t.Helper()
	pods := &podCache{}
	d := newDetector(t, pods)
	crowd := crowdOf(owners)
	for _, pod := range crowd {
		pods.put(pod)
	}
	return pods, d, crowd
}

func TestABurstIsInOneBatchWithinTwoSecondsOfTheFirstVerdict(t *testing.T) {
	for _, owners := range []int{1, 20, 500, 0} {
		t.Run(fmt.Sprint(owners, " owners"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pods, d, crowd := newBurst(t, owners)
				time.Sleep(time.Minute / 10) // the scheduler was busy
				began, done := time.Now(), make(chan struct{})
				defer close(done)
				go judgeAll(pods, crowd, done)
				for known := 0; known < burst; {
					collect(d)
					known = len(pending(t, d))
					if took := time.Since(began); took > bar {
						t.Fatalf("%s after the first verdict a batch has %d pods of %d", took, known, burst)
					}
				}
			})
		})
	}
}

// What is known already is not news: while the scheduler goes on to write its verdicts, no plan is asked for.
func TestTheRestOfABurstAsksForNoOtherPlan(t *testing.T) {
	for _, owners := range []int{1, 500, 0} {
		t.Run(fmt.Sprint(owners, " owners"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pods, d, crowd := newBurst(t, owners)
				done := make(chan struct{})
				defer close(done)
				go judgeAll(pods, crowd, done)
				collect(d)
				if known := len(pending(t, d)); known != burst {
					t.Fatalf("the first batch has %d pods of %d", known, burst)
				}
				time.Sleep(20 * time.Second)
				if signalled(d) {
					t.Error("signal for pods that were in the batch")
				}
				pods.put(build.Pod("late").Unschedulable().Obj())
				if !signalled(d) {
					t.Error("no signal for a pod that came later")
				}
			})
		})
	}
}

// Of several refusals within a second, the last one counts too.
func TestPodsThatCameBetweenTwoRefusalsAreNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{}
		d := newDetector(t, pods)
		pods.put(build.Pod("first").Unschedulable().Obj())
		time.Sleep(300 * time.Millisecond)
		pods.put(build.Pod("between").Obj())
		time.Sleep(300 * time.Millisecond)
		pods.put(build.Pod("second").Unschedulable().Obj())
		pending(t, d)
		signalled(d)
		time.Sleep(time.Second - 1)
		if got := d.State(pods.pods[build.UID("between")]).State; got != unschedulable.Fresh {
			t.Errorf("before a second has passed it is %s", got)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got := d.State(pods.pods[build.UID("between")]).State; got != unschedulable.Queued || !signalled(d) {
			t.Errorf("after a second it is %s; want Queued, and a signal", got)
		}
	})
}

// That the scheduler fails at a pod does not make it younger.
func TestAPodAtWhichTheSchedulerFailsGrowsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{}
		d := newDetector(t, pods)
		created := time.Now()
		pods.put(build.Pod("web").Created(created).Obj())
		time.Sleep(rules.FallbackAge / 2)
		pods.put(build.Pod("web").Created(created).Scheduled(corev1.ConditionFalse, corev1.PodReasonSchedulerError).Obj())
		time.Sleep(rules.FallbackAge / 2)
		got := d.State(pods.pods[build.UID("web")])
		if got.State != unschedulable.Aged || !got.Since.Equal(created) {
			t.Errorf("it is %s since %s, want Aged since %s", got.State, got.Since, created)
		}
	})
}

// A scheduler that stalls after one verdict leaves nobody waiting for the next one.
func TestPodsThatTheSchedulerPassesOverSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{}
		d := newDetector(t, pods)
		for _, name := range []string{"refused", "passed-over"} {
			pods.put(build.Pod(name).Obj())
		}
		pods.put(build.Pod("refused").Unschedulable().Obj())
		if !signalled(d) || len(pending(t, d)) != 1 {
			t.Fatal("want the refused pod at once, and only that")
		}
		time.Sleep(time.Nanosecond)
		pods.put(build.Pod("later").Obj())
		time.Sleep(time.Second - 2)
		synctest.Wait()
		if signalled(d) {
			t.Error("signal before a second has passed")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !signalled(d) {
			t.Error("no signal for a pod that the scheduler passed over")
		}
		if got := pending(t, d); len(got) != 2 {
			t.Errorf("pending: %v, want the refused pod and the one that was there", got)
		}
		pods.put(build.Pod("passed-over").Unschedulable().Obj())
		if signalled(d) {
			t.Error("signal for the verdict on a pod that counted already")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if !signalled(d) { // "later" was there when "passed-over" was refused
			t.Error("no signal for the pod that came later")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if signalled(d) {
			t.Error("signal without any new verdict")
		}
	})
}

// A pod that leaves a gate is as new to the scheduler as one that was just made.
func TestAPodThatLeavesItsGateIsGivenTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{}
		d := newDetector(t, pods)
		created := time.Now()
		pods.put(build.Pod("gated").Created(created).Gated().Obj())
		time.Sleep(time.Hour)
		pods.put(build.Pod("other").Unschedulable().Obj())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		released := time.Now()
		pods.put(build.Pod("gated").Created(created).Obj())
		standing := d.State(build.Pod("gated").Obj())
		if standing.State != unschedulable.Fresh || !standing.Since.Equal(released) {
			t.Errorf("it is %s since %s, want Fresh since %s", standing.State, standing.Since, released)
		}
		time.Sleep(rules.FallbackAge)
		if got := d.State(build.Pod("gated").Obj()).State; got != unschedulable.Aged {
			t.Errorf("after the fallback age it is %s", got)
		}
		refused := build.Pod("gated").Created(created).Unschedulable().Obj()
		refused.Status.Conditions[0].LastTransitionTime.Time = created // the API server keeps it
		pods.put(refused)
		if got := d.State(refused); !got.Since.Equal(time.Now()) {
			t.Errorf("it is %s since %s, want now", got.State, got.Since)
		}
	})
}
