package opening_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
)

const (
	patience = time.Minute
	together = 10 * time.Second
)

// world is an API server in virtual time with an opener and a scheduler on it.
type world struct {
	t       *testing.T
	api     client.WithWatch
	events  *build.Events
	metrics *telemetry.Metrics
	opener  *opening.Opener
	// due is when the opener wants to look again, zero when it waits for a Node to change.
	due time.Time
	mu  sync.Mutex
	// intercept, when set, decides about each write of the opener.
	intercept func(write string, act func() error) error
	died      bool

	// planned are pods that were planned for a Node after it was bought.
	planned map[string][]types.NamespacedName

	open    map[string]time.Time // when each Node was opened
	refused time.Time
	asleep  bool // whether the scheduler does nothing
}

// scenario plays in a cluster with pods that wait for their machines.
func scenario(t *testing.T, objects []client.Object, act func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			t: t, api: build.API(objects...), events: &build.Events{}, metrics: telemetry.NewMetrics(prometheus.NewRegistry()), open: map[string]time.Time{},
		}
		w.restart()
		act(t, w)
	})
}

// restart replaces the opener by one that knows nothing.
func (w *world) restart() {
	api := build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		if call == build.OnGet || call == build.OnList || w.intercept == nil {
			return act()
		}
		w.mu.Lock() // the opener writes many at once
		defer w.mu.Unlock()
		return w.intercept(string(call)+" "+object.(client.Object).GetName(), act)
	})
	w.opener = opening.New(opening.Parts{
		Client: api, Planned: func(node string) []types.NamespacedName { return w.planned[node] }, Refused: func() time.Time { return w.refused }, Metrics: w.metrics, Events: w.events, Patience: patience, Together: together,
	})
	w.due, w.died = time.Now(), false
}

var errPowerCut = errors.New("the process has died")

// runFor lets time pass.
func (w *world) runFor(duration time.Duration) {
	end := time.Now().Add(duration)
	for !w.due.IsZero() && w.due.Before(end) {
		time.Sleep(time.Until(w.due))
		w.look()
		if w.noteOpen() && !w.asleep {
			w.schedule()
		}
	}
	time.Sleep(time.Until(end))
}

// look is one reconcile.
func (w *world) look() {
	w.due = time.Time{}
	result, err := w.opener.Reconcile(context.Background(), reconcile.Request{})
	switch {
	case w.died:
		w.restart()
	case err != nil:
		w.due = time.Now().Add(50 * time.Millisecond)
	case result.RequeueAfter > 0:
		w.due = time.Now().Add(result.RequeueAfter)
	}
}

// noteOpen notes which Nodes are open, and whether there are more than before.
func (w *world) noteOpen() (more bool) {
	for _, node := range w.nodes() {
		if _, known := w.open[node.Name]; !known && !opening.Closed(&node) {
			w.open[node.Name], more = time.Now(), true
		}
	}
	return more
}

// join has a machine register its Node, closed and not ready.
func (w *world) join(name string) {
	node := build.Node(name).NotReady().Allocatable("4", "16Gi").Label(v1alpha1.LabelVPSieNode, name).
		Taint(opening.Taint.Key, "", opening.Taint.Effect).Taint(corev1.TaintNodeNotReady, "", corev1.TaintEffectNoSchedule).Obj()
	if err := w.api.Create(context.Background(), node); err != nil {
		w.t.Fatal(err)
	}
	w.due = time.Now()
}

// becomeReady has the kubelet report that pods can run.
func (w *world) becomeReady(names ...string) {
	for _, name := range names {
		var node corev1.Node
		if err := w.api.Get(context.Background(), client.ObjectKey{Name: name}, &node); err != nil {
			w.t.Fatal(err)
		}
		before := node.DeepCopy()
		node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
		node.Status.Conditions[0].Status = corev1.ConditionTrue
		w.write(before, &node)
	}
	w.due = time.Now()
}

// write writes an object and its status.
func (w *world) write(before, after client.Object) {
	patch := client.MergeFrom(before)
	status := after.DeepCopyObject().(client.Object)
	if err := errors.Join(w.api.Patch(context.Background(), after, patch), w.api.Status().Patch(context.Background(), status, patch)); err != nil {
		w.t.Fatal(err)
	}
}

// schedule tries every pod that waits, as kube-scheduler does when a Node has been opened.
func (w *world) schedule() {
	for _, pod := range w.pods() {
		if pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil {
			w.try(&pod)
		}
	}
}

// try places a pod as kube-scheduler does: on the node that it is nominated for, else on the first that has room beside the pods which
// are nominated for it. A pod that fits nowhere loses its nomination.
func (w *world) try(pod *corev1.Pod) {
	nodes := w.nodes()
	slices.SortStableFunc(nodes, func(a, b corev1.Node) int {
		return cmp.Compare(rank(a.Name == pod.Status.NominatedNodeName), rank(b.Name == pod.Status.NominatedNodeName))
	})
	before := pod.DeepCopy()
	pod.Status.NominatedNodeName = ""
	for _, node := range nodes {
		if len(node.Spec.Taints) == 0 && w.fits(pod, &node) {
			pod.Spec.NodeName = node.Name
			break
		}
	}
	if pod.Spec.NodeName == "" {
		w.refused = time.Now()
	}
	w.write(before, pod)
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// fits counts what is bound to a node and what is nominated for it.
func (w *world) fits(pod *corev1.Pod, node *corev1.Node) bool {
	free := node.Status.Allocatable.Cpu().MilliValue() - cpu(pod)
	for _, other := range w.pods() {
		if other.Name != pod.Name && (other.Spec.NodeName == node.Name || other.Spec.NodeName == "" && other.Status.NominatedNodeName == node.Name) {
			free -= cpu(&other)
		}
	}
	return free >= 0
}

func cpu(pod *corev1.Pod) int64 { return pod.Spec.Containers[0].Resources.Requests.Cpu().MilliValue() }

func (w *world) pods() []corev1.Pod {
	var list corev1.PodList
	if err := w.api.List(context.Background(), &list); err != nil {
		w.t.Fatal(err)
	}
	return list.Items
}

func (w *world) nodes() []corev1.Node {
	var list corev1.NodeList
	if err := w.api.List(context.Background(), &list); err != nil {
		w.t.Fatal(err)
	}
	return list.Items
}

// places are the nodes of the pods, by name.
func (w *world) places() map[string]string {
	places := map[string]string{}
	for _, pod := range w.pods() {
		places[pod.Name] = pod.Spec.NodeName
	}
	return places
}

// nominations are the nodes that pods are nominated for, by name.
func (w *world) nominations() map[string]string {
	nodes := map[string]string{}
	for _, pod := range w.pods() {
		if node := pod.Status.NominatedNodeName; node != "" {
			nodes[pod.Name] = node
		}
	}
	return nodes
}
