package chaos

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"testing"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/vpsie/vpsie-autoscaler/extender/score"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

// newPriority makes a PriorityClass above that of pods without one.
func newPriority(t *testing.T, w *world) string {
	t.Helper()
	classes := w.cluster.Client().SchedulingV1().PriorityClasses()
	name := "chaos-" + rand.String(6)
	_, err := classes.Create(t.Context(), &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Value: 1000}, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() { must(t, classes.Delete(context.Background(), name, metav1.DeleteOptions{})) })
	return name
}

// onPreempt answers preempt in one way and fails at everything else.
func onPreempt(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Base(r.URL.Path) != "preempt" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, body) // the scheduler may have hung up
	})
}

// Given nodes full of pods of low priority and an extender that fails at preempt, or names what does not exist, when a pod of high
// priority comes, then the scheduler evicts one pod for it, as it would without an extender, and no more.
func TestAFaultyExtenderEvictsNobodyMore(t *testing.T) {
	for name, handler := range map[string]http.Handler{
		"hung":           hung,
		"500":            answers(500, ""),
		"no JSON":        onPreempt("{"),
		"unknown node":   onPreempt(`{"NodeNameToMetaVictims":{"nobody":{"Pods":[{"UID":"1"}]}}}`),
		"unknown victim": nil, // names the world's first node
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "3500m")
			if handler == nil {
				handler = onPreempt(fmt.Sprintf(`{"NodeNameToMetaVictims":{%q:{"Pods":[{"UID":"1"}]}}}`, w.nodes[0]))
			}
			configuration := everyVerb(w.shipped(t))
			extender := serve(t, configuration, handler)
			startScheduler(t, configuration)
			urgent := w.pod("urgent-0", "1")
			urgent.Spec.PriorityClassName = newPriority(t, w)
			w.createPod(t, urgent)
			w.awaitBound(t, "urgent", 1)
			extender.check(t, "preempt")
			if left := w.bystandersLeft(t); left != nodeCount-1 {
				t.Errorf("%d of %d bystanders are left, want one evicted", left, nodeCount)
			}
		})
	}
}

// Given nodes full of pods of low priority and the real extender, which knows that a machine is on its way for a pod, when that pod
// comes, then nobody is evicted for it, it is told to wait once and not again and again, and it is placed when the machine is there.
func TestThePodOfAMachineOnItsWayEvictsNobody(t *testing.T) {
	w := newWorld(t, "3500m")
	configuration := everyVerb(w.shipped(t))
	extender := serve(t, configuration, newReplica(t, score.NewSnapshot(nil, []score.Plan{
		{Node: "on-its-way", Pods: []string{w.namespace + "/urgent-0"}, InFlight: true, Since: metav1.Now().Time},
	})))
	scheduler := startScheduler(t, configuration)
	urgent := w.pod("urgent-0", "1")
	urgent.Spec.PriorityClassName = newPriority(t, w)
	w.createPod(t, urgent)
	controlplanetest.Eventually(t, "the pod to be flagged", func(ctx context.Context) error {
		pod, err := w.pods().Get(ctx, urgent.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodScheduled && condition.Reason == corev1.PodReasonUnschedulable {
				return nil
			}
		}
		return fmt.Errorf("its conditions are %v", pod.Status.Conditions)
	})
	w.newNode(t)
	w.awaitBound(t, "urgent", 1)
	extender.checkCalled(t, "preempt")
	w.checkBystanders(t)
	cycles, err := scheduler.Metric(t.Context(), "scheduler_schedule_attempts_total")
	must(t, err)
	// One that flags the pod, one for the scheduler's own write of that, and one for each of the few changes of the new Node.
	if cycles > 10 {
		t.Errorf("%v cycles for one pod: it was rejected in a loop", cycles)
	}
}

func (w *world) bystandersLeft(t *testing.T) int {
	t.Helper()
	left := 0
	for name, uid := range w.bystanders {
		pod, err := w.pods().Get(t.Context(), name, metav1.GetOptions{})
		if err == nil && pod.UID == uid && pod.DeletionTimestamp == nil {
			left++
		}
	}
	return left
}
