package unschedulable

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// unassignedField is the index under which pods without a node are found.
const unassignedField = "unassigned"

// Detector watches the pods of a cluster and signals when more of them wait for a node.
type Detector struct {
	rules   Rules
	reader  client.Reader
	changed chan struct{}

	mu        sync.Mutex
	announced map[string]bool // families signalled since Pending was last asked
}

// NewDetector registers a detector with a cache of pods. It must be called before the cache is started.
func NewDetector(ctx context.Context, pods cache.Cache, rules Rules) (*Detector, error) {
	d := &Detector{rules: rules, reader: pods, changed: make(chan struct{}, 1), announced: map[string]bool{}}
	err := pods.IndexField(ctx, &corev1.Pod{}, unassignedField, func(object client.Object) []string {
		if object.(*corev1.Pod).Spec.NodeName == "" {
			return []string{"true"}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("index pods without a node: %w", err)
	}
	informer, err := pods.GetInformer(ctx, &corev1.Pod{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, fmt.Errorf("watch pods: %w", err)
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { d.observe(nil, object) },
		UpdateFunc: d.observe,
	})
	if err != nil {
		return nil, fmt.Errorf("watch pods: %w", err)
	}
	return d, nil
}

// Changed is signalled after more pods have come to wait. Signals that nobody takes melt into one.
func (d *Detector) Changed() <-chan struct{} { return d.changed }

// Pending lists the pods that wait for a node now.
func (d *Detector) Pending(ctx context.Context) ([]*corev1.Pod, error) {
	d.forgetAnnounced() // before the list: a verdict that it misses must signal again
	var list corev1.PodList
	if err := d.reader.List(ctx, &list, client.MatchingFields{unassignedField: "true"}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list pods without a node: %w", err)
	}
	pods := make([]*corev1.Pod, len(list.Items))
	for i := range list.Items {
		pods[i] = &list.Items[i]
	}
	var waiting []*corev1.Pod
	for i, state := range d.rules.Judge(pods, time.Now()) {
		if state.Waits() {
			waiting = append(waiting, pods[i])
		}
	}
	return waiting, nil
}

// observe signals when a pod has just been flagged, or flagged again: the scheduler writes another message when it has looked at
// other nodes, which tells that a node which has joined did not serve the pod after all.
func (d *Detector) observe(before, after any) {
	pod, ok := after.(*corev1.Pod)
	now := time.Now()
	if !ok || d.rules.judge(pod, now) != Flagged {
		return
	}
	if old, ok := before.(*corev1.Pod); ok && d.rules.judge(old, now) == Flagged && refusal(old).Message == refusal(pod).Message {
		return
	}
	if !d.news(familyOf(pod)) {
		return
	}
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// news reports whether a verdict on a pod of this family tells something new: the first one already makes all of them count.
func (d *Detector) news(family string) bool {
	if family == "" {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.announced[family]
	d.announced[family] = true
	return !known
}

func (d *Detector) forgetAnnounced() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.announced)
}
