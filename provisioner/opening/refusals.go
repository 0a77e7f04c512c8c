package opening

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
)

// Refusals notes when kube-scheduler refuses pods. Its zero value has seen none.
type Refusals struct{ last atomic.Pointer[time.Time] }

// Watch notes the refusals that a cache shows from now on. It must be called before the cache is started.
func (r *Refusals) Watch(ctx context.Context, pods cache.Cache) error {
	informer, err := pods.GetInformer(ctx, &corev1.Pod{}, cache.BlockUntilSynced(false))
	if err == nil {
		_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{UpdateFunc: r.observe})
	}
	if err != nil {
		return fmt.Errorf("watch pods: %w", err)
	}
	return nil
}

// Last is when the watch last showed a refusal; zero when it never did.
func (r *Refusals) Last() time.Time {
	if last := r.last.Load(); last != nil {
		return *last
	}
	return time.Time{}
}

func (r *Refusals) observe(before, after any) {
	old, _ := before.(*corev1.Pod)
	pod, ok := after.(*corev1.Pod)
	if ok && old != nil && pod.Spec.NodeName == "" && verdict(pod) != verdict(old) {
		now := time.Now()
		r.last.Store(&now)
	}
}

// verdict is what kube-scheduler last said of a pod.
func verdict(pod *corev1.Pod) string {
	for i := range pod.Status.Conditions {
		if condition := &pod.Status.Conditions[i]; condition.Type == corev1.PodScheduled {
			return condition.Message
		}
	}
	return ""
}
