package main

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

// entry is what happened to one pod, by the clock of this process.
type entry struct {
	pod      string // namespace/name
	workload string // what it is a replica of
	node     string
	flagged  time.Time // kube-scheduler found no node for it
	running  time.Time
}

// diary notes what happens to every pod of the demonstration. Conditions carry whole seconds only, so the time of each change
// is that of its arrival here.
type diary struct {
	mu   sync.Mutex
	pods map[string]*entry
}

func newDiary() *diary { return &diary{pods: map[string]*entry{}} }

// start watches until the context ends.
func (d *diary) start(ctx context.Context, config *rest.Config) error {
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(clients, 0, informers.WithNamespace(namespace))
	pods := factory.Core().V1().Pods().Informer()
	_, err = pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    d.note,
		UpdateFunc: func(_, pod any) { d.note(pod) },
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), pods.HasSynced) {
		return fmt.Errorf("watch pods: %w", ctx.Err())
	}
	return nil
}

func (d *diary) note(object any) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.pods[pod.Name]
	if e == nil {
		e = &entry{pod: pod.Namespace + "/" + pod.Name, workload: pod.Labels["app"]}
		d.pods[pod.Name] = e
	}
	e.node = pod.Spec.NodeName
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Reason == corev1.PodReasonUnschedulable && e.flagged.IsZero() {
			e.flagged = now
		}
	}
	if pod.Status.Phase == corev1.PodRunning && e.running.IsZero() {
		e.running = now
	}
}

func (d *diary) runningNow() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	count := 0
	for _, e := range d.pods {
		if !e.running.IsZero() {
			count++
		}
	}
	return count
}

// entries copies the diary.
func (d *diary) entries() []entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]entry, 0, len(d.pods))
	for _, e := range d.pods {
		all = append(all, *e)
	}
	return all
}
