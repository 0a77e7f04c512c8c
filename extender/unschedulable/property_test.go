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

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
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
	// told are the generations that the newest reports are about which still hold, by the names of the pods.
	told map[string]int64
}

// step lets something happen to some pod.
func (h *history) step() {
	name := fmt.Sprint("p", h.IntN(12))
	old := h.pods.pods[build.UID(name)]
	created := time.Now()
	if old != nil {
		created = old.CreationTimestamp.Time
	}
	if h.IntN(4) == 0 {
		h.report(name, old)
		return
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
			delete(h.told, name)
		}
		return
	}
	pod := builder.Obj()
	if generation, told := h.told[name]; told && (pod.Spec.NodeName != "" || generation < pod.Generation || old != nil && old.Spec.NodeName == "" && erred(pod) && !erred(old)) {
		delete(h.told, name)
	}
	h.pods.put(pod)
}

func erred(pod *corev1.Pod) bool {
	return len(pod.Status.Conditions) > 0 && pod.Status.Conditions[0].Reason == corev1.PodReasonSchedulerError
}

// report has the scheduler report on a pod, which may not be there yet, or in another generation.
func (h *history) report(name string, pod *corev1.Pod) {
	generation := int64(h.IntN(3))
	if pod == nil || pod.Spec.NodeName != "" || generation >= pod.Generation {
		h.told[name] = generation
	}
	h.d.Receive(&diagnosis.Report{
		Pods:  []diagnosis.Pod{{Name: name, UID: build.UID(name), Generation: generation}},
		Nodes: 1, Groups: []diagnosis.Group{{Code: "Unschedulable", Nodes: []string{fmt.Sprint("n", h.IntN(2))}}},
	})
}

// written is the pod as it is when the scheduler has written what it reported.
func (h *history) written(pod *corev1.Pod) *corev1.Pod {
	if generation, told := h.told[pod.Name]; !told || generation != pod.Generation {
		return pod
	}
	pod = pod.DeepCopy()
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, ObservedGeneration: pod.Generation,
	}}
	return pod
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
		pods = append(pods, h.written(pod))
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
			h := &history{Rand: rand.New(rand.NewPCG(seed, 1)), pods: pods, d: newDetector(t, pods), told: map[string]int64{}}
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
