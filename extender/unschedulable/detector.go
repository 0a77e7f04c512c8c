package unschedulable

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
)

// ErrNotListed is the error of a detector whose cache has not listed the pods of the cluster yet.
var ErrNotListed = errors.New("the pods of the cluster have not been listed yet")

// Detector watches the pods of a cluster and signals when more of them wait for a node.
type Detector struct {
	rules   Rules
	synced  func() bool
	changed chan struct{}
	metrics *Metrics

	mu        sync.Mutex
	pods      map[types.UID]*entry // those without a node
	crowd     crowd
	announced map[string]bool // families signalled since Pending was last asked
	newest    time.Time       // when a pod last came to wait for a verdict
	patience  patience
	early     early // what the scheduler told of pods that were not seen yet
	shelf     shelf
}

// NewDetector registers a detector with a cache of pods. It must be called before the cache is started.
func NewDetector(ctx context.Context, pods cache.Cache, rules Rules) (*Detector, error) {
	metrics, err := NewMetrics(nil)
	if err != nil {
		return nil, err
	}
	d := &Detector{rules: rules, changed: make(chan struct{}, 1), metrics: metrics, pods: map[types.UID]*entry{},
		crowd: crowd{refused: map[string]int{}}, announced: map[string]bool{}}
	informer, err := pods.GetInformer(ctx, &corev1.Pod{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, fmt.Errorf("watch pods: %w", err)
	}
	registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    d.observe,
		UpdateFunc: func(_, object any) { d.observe(object) },
		DeleteFunc: d.lose,
	})
	if err != nil {
		return nil, fmt.Errorf("watch pods: %w", err)
	}
	d.synced = registration.HasSynced
	return d, nil
}

// Measure writes what the detector finds to metrics. It must be called before the cache is started.
func (d *Detector) Measure(metrics *Metrics) { d.metrics = metrics }

// Locate lets the detector know which nodes exist: a pod that is nominated for one that has gone waits like any other. It must be called
// before the cache is started.
func (d *Detector) Locate(exists func(node string) bool) { d.crowd.exists = exists }

// Changed is signalled after more pods have come to wait. Signals that nobody takes melt into one.
func (d *Detector) Changed() <-chan struct{} { return d.changed }

func (d *Detector) signal() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// Pending lists the pods that wait for a node now, in no order. They belong to the cache and must not be changed. It waits until the
// cache has listed the pods of the cluster, and gives ErrNotListed when the context ends before.
func (d *Detector) Pending(ctx context.Context) ([]*corev1.Pod, error) {
	if !d.synced() && !toolscache.WaitForCacheSync(ctx.Done(), d.synced) {
		return nil, ErrNotListed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.announced) // a verdict that this list misses must signal again
	now := time.Now()
	d.early.expire(now, &d.shelf)
	var pending census
	waiting := make([]*corev1.Pod, 0, len(d.pods))
	for _, e := range d.pods {
		state := d.rules.among(&d.crowd, e, now)
		pending.add(state, now.Sub(e.began))
		if state.Waits() {
			waiting = append(waiting, e.pod)
		}
	}
	d.metrics.write(&pending)
	return waiting, nil
}
