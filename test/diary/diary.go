package diary

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// Entry is what happened to one pod, by the clock of this process.
type Entry struct {
	Pod      string // namespace/name
	Workload string // what it is a replica of: its label app
	Node     string
	// Nominated is the node that was last named for it in status.nominatedNodeName, before it had one.
	Nominated string
	Flagged   time.Time // kube-scheduler found no node for it
	Bound     time.Time
	Running   time.Time
}

// Diary notes what happens to every pod of a namespace. Conditions carry whole seconds only, so the time of each change is that of
// its arrival here.
type Diary struct {
	mu   sync.Mutex
	pods map[string]*Entry
}

// Start begins a diary that is kept until the context ends.
func Start(ctx context.Context, config *rest.Config, namespace string) (*Diary, error) {
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	d := &Diary{pods: map[string]*Entry{}}
	factory := informers.NewSharedInformerFactoryWithOptions(clients, 0, informers.WithNamespace(namespace))
	pods := factory.Core().V1().Pods().Informer()
	_, err = pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    d.note,
		UpdateFunc: func(_, pod any) { d.note(pod) },
	})
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), pods.HasSynced) {
		return nil, fmt.Errorf("watch pods: %w", ctx.Err())
	}
	return d, nil
}

func (d *Diary) note(object any) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.pods[pod.Name]
	if e == nil {
		e = &Entry{Pod: pod.Namespace + "/" + pod.Name, Workload: pod.Labels["app"]}
		d.pods[pod.Name] = e
	}
	e.Node = pod.Spec.NodeName
	if name := pod.Status.NominatedNodeName; name != "" && e.Node == "" {
		e.Nominated = name
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Reason == corev1.PodReasonUnschedulable && e.Flagged.IsZero() {
			e.Flagged = now
		}
	}
	if e.Node != "" && e.Bound.IsZero() {
		e.Bound = now
	}
	if pod.Status.Phase == corev1.PodRunning && e.Running.IsZero() {
		e.Running = now
	}
}

// Running is how many pods have come to run.
func (d *Diary) Running() int { return d.count(func(e *Entry) bool { return !e.Running.IsZero() }) }

// Bound is how many pods have got a node.
func (d *Diary) Bound() int { return d.count(func(e *Entry) bool { return !e.Bound.IsZero() }) }

func (d *Diary) count(counts func(*Entry) bool) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	count := 0
	for _, e := range d.pods {
		if counts(e) {
			count++
		}
	}
	return count
}

// Entries copies the diary.
func (d *Diary) Entries() []Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]Entry, 0, len(d.pods))
	for _, e := range d.pods {
		all = append(all, *e)
	}
	return all
}
