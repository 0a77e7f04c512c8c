package unschedulable_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

var histories = flag.Uint64("histories", 300, "how many random histories of pods the detector watches")

// history is a cluster in which things happen to a few pods.
type history struct {
	*rand.Rand
	pods *podCache
	d    *unschedulable.Detector
	// known are the pods that the last batch had, of a reader that takes every signal.
	known []string
}

// step lets something happen to some pod.
func (h *history) step() {
	name := fmt.Sprint("p", h.IntN(12))
	old := h.pods.pods[build.UID(name)]
	created := time.Now()
	if old != nil {
		created = old.CreationTimestamp.Time
	}
	builder := build.Pod(name).Created(created)
	if owner := name[len(name)-1] % 4; owner > 0 {
		builder = builder.OwnedBy("ReplicaSet", fmt.Sprint("owner-", owner))
	}
	switch h.IntN(12) {
	case 0, 1, 2:
	case 3, 4, 5:
		builder = builder.Unschedulable().Message(fmt.Sprint("0/", h.IntN(3), " nodes are available"))
	case 6:
		builder = builder.Scheduled(corev1.ConditionFalse, corev1.PodReasonSchedulerError)
	case 7:
		builder = builder.Gated()
	case 8:
		builder = builder.Unschedulable().Nominated("n")
	case 9:
		builder = builder.On("n")
	case 10:
		builder = builder.Generation(1).Unschedulable().Generation(2)
	default:
		if old != nil {
			h.pods.remove(old)
		}
		return
	}
	h.pods.put(builder.Obj())
}

// read takes the signal that is there, if any, and asks for a batch.
func (h *history) read(t *testing.T) {
	synctest.Wait()
	if signalled(h.d) {
		h.known = pending(t, h.d)
	}
}

// states are the states of all pods in the detector's eyes.
func (h *history) states() map[string]unschedulable.State {
	states := map[string]unschedulable.State{}
	for _, pod := range h.pods.pods {
		states[pod.Name] = h.d.State(pod).State
	}
	return states
}

// unknown are the pods that wait and that no batch had, though nothing has happened for two seconds. That pods grow old is no event.
func (h *history) unknown() []string {
	var missing []string
	for name, state := range h.states() {
		if state.Waits() && state != unschedulable.Aged && !slices.Contains(h.known, name) {
			missing = append(missing, fmt.Sprintf("%s (%s)", name, state))
		}
	}
	return missing
}

// check compares the states with those of the rules, which look at all pods anew.
func (h *history) check(t *testing.T) {
	t.Helper()
	pods := make([]*corev1.Pod, 0, len(h.pods.pods))
	for _, pod := range h.pods.pods {
		pods = append(pods, pod)
	}
	var waiting []string
	states := h.states()
	for i, judged := range rules.Judge(pods, time.Now()) {
		got := states[pods[i].Name]
		if got.Waits() {
			waiting = append(waiting, pods[i].Name)
		}
		// Only the detector knows when it saw the refusals and how long a pod really waits.
		if timed := got == unschedulable.Queued || judged == unschedulable.Aged; got != judged && !timed {
			t.Errorf("pod %s is %s, by the rules %s", pods[i].Name, got, judged)
		}
	}
	slices.Sort(waiting)
	if got := pending(t, h.d); !slices.Equal(got, waiting) {
		t.Errorf("pending %v, by their states %v", got, waiting)
	} else {
		h.known = got
	}
}

func TestNoPodThatWaitsIsOverlooked(t *testing.T) {
	for seed := range *histories {
		synctest.Test(t, func(t *testing.T) {
			pods := &podCache{}
			h := &history{Rand: rand.New(rand.NewPCG(seed, 1)), pods: pods, d: newDetector(t, pods)}
			for range 40 {
				h.step()
				if h.IntN(3) > 0 {
					h.read(t)
				}
				time.Sleep(time.Duration(h.IntN(700)) * time.Millisecond)
			}
			for range 4 { // a signal may come as late as a second after the last verdict
				h.read(t)
				time.Sleep(time.Second / 2)
			}
			h.read(t)
			if missing := h.unknown(); len(missing) > 0 {
				t.Errorf("seed %d: no batch has %v", seed, missing)
			}
			h.check(t)
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})
	}
}
