package chaos

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

// changing is a picture of the cluster that a test replaces.
type changing struct {
	latest atomic.Pointer[score.Snapshot]
}

// Snapshot implements extender.Source.
func (c *changing) Snapshot() *score.Snapshot { return c.latest.Load() }

// Given the real extender with filter on and every node on its way out, when a pod comes and the scheduler tries it again on each of
// many events, then the pod is written to once only, since the reason never changes; nobody is evicted for it; and it is placed once a
// node stays.
func TestAWithheldPodIsNotRejectedInALoop(t *testing.T) {
	w := newWorld(t, "500m")
	source := &changing{}
	leaving := map[string]score.Node{}
	for _, node := range w.nodes {
		leaving[node] = score.Node{Removing: true}
	}
	source.latest.Store(score.NewSnapshot(leaving, nil))
	handler, err := extender.NewHandler(source, extender.Options{Prioritize: true, Filter: true, Preempt: true})
	must(t, err)
	configuration := everyVerb(w.shipped(t))
	asked := serve(t, configuration, handler)
	scheduler := startScheduler(t, configuration)
	w.create(t, "pod", 1)
	flagged := w.awaitRejections(t, scheduler, 1)
	for i := range 20 {
		patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"event":"%d"}}}`, i)
		_, err := w.pods().Patch(t.Context(), "bystander-0", types.MergePatchType, patch, metav1.PatchOptions{})
		must(t, err)
	}
	if again := w.awaitRejections(t, scheduler, 5); again.ResourceVersion != flagged.ResourceVersion {
		t.Errorf("the pod was written to again: %+v, before %+v", again.Status.Conditions, flagged.Status.Conditions)
	}
	asked.checkCalled(t, "filter")

	delete(leaving, w.nodes[1])
	source.latest.Store(score.NewSnapshot(leaving, nil))
	_, err = w.pods().Patch(t.Context(), "bystander-0", types.MergePatchType, []byte(`{"metadata":{"annotations":{"event":"last"}}}`), metav1.PatchOptions{})
	must(t, err)
	w.awaitBound(t, "pod", 1)
	if node := w.placements(t, "pod", 1)["pod-0"]; node != w.nodes[1] {
		t.Errorf("the pod is on %s, want %s, which stays", node, w.nodes[1])
	}
	w.checkBystanders(t)
}

// awaitRejections waits until the scheduler has rejected pods at least that often, and returns pod-0 as it is flagged.
func (w *world) awaitRejections(t *testing.T, scheduler *kubescheduler.Scheduler, count float64) *corev1.Pod {
	t.Helper()
	var pod *corev1.Pod
	controlplanetest.Eventually(t, fmt.Sprintf("%v rejections", count), func(ctx context.Context) error {
		got, err := scheduler.Metric(ctx, "scheduler_schedule_attempts_total", `result="unschedulable"`)
		if err != nil || got < count {
			return fmt.Errorf("there are %v: %w", got, err)
		}
		if pod, err = w.pods().Get(ctx, "pod-0", metav1.GetOptions{}); err == nil && len(pod.Status.Conditions) == 0 {
			err = fmt.Errorf("the pod is not flagged")
		}
		return err
	})
	return pod
}
