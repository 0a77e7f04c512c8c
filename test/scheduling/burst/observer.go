package burst

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
)

// observer is the detector, and beside it a plain note of what the scheduler wrote.
type observer struct {
	detector *unschedulable.Detector

	mu          sync.Mutex
	known       map[types.UID]bool // whether the scheduler has refused it
	refusals    int
	first, last time.Time
}

// watch starts a detector on a cache of its own, as the controller has one, until the context ends. Pods never count by their age.
func watch(ctx context.Context, config *rest.Config) (*observer, error) {
	pods, err := cache.New(config, cache.Options{ByObject: map[client.Object]cache.ByObject{
		&corev1.Pod{}: {Namespaces: map[string]cache.Config{namespace: {}}},
	}})
	if err != nil {
		return nil, err
	}
	o := &observer{known: map[types.UID]bool{}}
	rules := unschedulable.Rules{SchedulerNames: []string{schedulerName}, FallbackAge: 24 * time.Hour}
	if o.detector, err = unschedulable.NewDetector(ctx, pods, rules); err != nil {
		return nil, err
	}
	informer, err := pods.GetInformer(ctx, &corev1.Pod{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, err
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc: o.note, UpdateFunc: func(_, object any) { o.note(object) },
	})
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- pods.Start(ctx) }()
	if !pods.WaitForCacheSync(ctx) {
		return nil, fmt.Errorf("watch pods: %w", <-ended)
	}
	return o, nil
}

func (o *observer) note(object any) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	refused := o.known[pod.UID]
	o.known[pod.UID] = refused
	for _, condition := range pod.Status.Conditions {
		if condition.Type != corev1.PodScheduled || condition.Reason != corev1.PodReasonUnschedulable || refused {
			continue
		}
		o.known[pod.UID], o.last = true, now
		if o.refusals++; o.first.IsZero() {
			o.first = now
		}
	}
}

// waiting is how many pods the detector counts.
func (o *observer) waiting(ctx context.Context) (int, error) {
	pods, err := o.detector.Pending(ctx)
	return len(pods), err
}

func (o *observer) pods() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.known)
}

func (o *observer) refused() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refusals
}

func (o *observer) firstRefusal() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.first
}

func (o *observer) lastRefusal() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}
