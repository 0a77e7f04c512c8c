package drain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/drain"
)

// world is an API server with the node n, and a drainer on it.
type world struct {
	t       *testing.T
	api     client.WithWatch
	drainer *drain.Drainer
	// refuse says why the eviction of a pod is refused; nil when it is granted.
	refuse  func(pod *corev1.Pod) error
	evicted int
	writes  []string
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	w := &world{t: t, api: build.API(objects...), refuse: func(*corev1.Pod) error { return nil }}
	writer := build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		if call == build.OnList {
			t.Error("the drain decided on the word of a cache")
		}
		w.writes = append(w.writes, string(call)+" "+object.(client.Object).GetName())
		if pod, ok := object.(*corev1.Pod); ok && call == build.OnEvict {
			if err := w.refuse(pod); err != nil {
				return err
			}
		}
		return act()
	})
	w.drainer = &drain.Drainer{Client: writer, Live: w.api, Evicted: func(*corev1.Node) { w.evicted++ }}
	return w
}

func (w *world) node() *corev1.Node {
	w.t.Helper()
	var node corev1.Node
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Name: "n"}, &node); err != nil {
		w.t.Fatal(err)
	}
	return &node
}

// turn takes one turn of the drain.
func (w *world) turn() (done bool, message string) {
	w.t.Helper()
	done, message, err := w.drainer.Drain(w.t.Context(), w.node())
	if err != nil {
		w.t.Fatal(err)
	}
	return done, message
}

func (w *world) pods() (names []string) {
	w.t.Helper()
	var list corev1.PodList
	if err := w.api.List(w.t.Context(), &list); err != nil {
		w.t.Fatal(err)
	}
	for _, pod := range list.Items {
		names = append(names, pod.Name)
	}
	return names
}

func TestDrainCordonsThenEvictsWhatMustMove(t *testing.T) {
	w := newWorld(t, build.Node("n").Ready().Obj(),
		build.Pod("app").On("n").OwnedBy("ReplicaSet", "app").Obj(),
		build.Pod("alone").On("n").Obj(),
		build.Pod("daemon").On("n").OwnedBy("DaemonSet", "logs").Obj(),
		build.Pod("mirror").On("n").Mirror().Obj(),
		build.Pod("finished").On("n").Phase(corev1.PodSucceeded).Obj(),
		build.Pod("elsewhere").On("m").Obj(),
	)
	if done, message := w.turn(); done || !strings.HasPrefix(message, "2 workload pods are left") {
		t.Errorf("after the first turn: done %t, %q", done, message)
	}
	if !slices.Equal(w.writes, []string{"patch n", "evict alone", "evict app"}) || !w.node().Spec.Unschedulable || w.evicted != 2 {
		t.Errorf("writes %v, cordoned %t, %d evictions counted", w.writes, w.node().Spec.Unschedulable, w.evicted)
	}
	if done, _ := w.turn(); !done {
		t.Error("not done although every workload pod has gone")
	}
	if diff := cmp.Diff([]string{"daemon", "elsewhere", "finished", "mirror"}, w.pods()); diff != "" {
		t.Errorf("pods left (-want +got):\n%s", diff)
	}
}

func TestCordonedNodeIsNotWrittenAgain(t *testing.T) {
	w := newWorld(t, build.Node("n").Ready().Cordoned().Obj())
	if done, _ := w.turn(); !done || len(w.writes) != 0 {
		t.Errorf("done %t, writes %v", done, w.writes)
	}
}

func TestPodThatTakesLongToStopIsWaitedForAndNotEvictedAgain(t *testing.T) {
	w := newWorld(t, build.Node("n").Ready().Obj(), build.Pod("slow").On("n").Lingering().Obj())
	for range 3 {
		if done, message := w.turn(); done || message != "1 workload pods are left" {
			t.Errorf("done %t, %q", done, message)
		}
	}
	if w.evicted != 1 {
		t.Errorf("%d evictions, want 1", w.evicted)
	}
}

func TestRefusedEvictionIsWaitedForAndNamed(t *testing.T) {
	budget := apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10)
	w := newWorld(t, build.Node("n").Ready().Obj(), build.Pod("guarded").On("n").Obj(), build.Pod("free").On("n").Obj())
	w.refuse = func(pod *corev1.Pod) error {
		if pod.Name == "guarded" {
			return budget
		}
		return nil
	}
	for range 2 {
		done, message := w.turn()
		if done || !strings.Contains(message, "default/guarded: Cannot evict pod as it would violate the pod's disruption budget.") || strings.Contains(message, "free:") {
			t.Errorf("done %t, message %q", done, message)
		}
	}
	if diff := cmp.Diff([]string{"guarded"}, w.pods()); diff != "" {
		t.Errorf("pods left (-want +got):\n%s", diff)
	}
	w.refuse = func(*corev1.Pod) error { return nil }
	w.turn()
	if done, _ := w.turn(); !done {
		t.Error("not done after the budget allowed it")
	}
}

func TestMessageNamesAFewRefusalsAndCountsTheRest(t *testing.T) {
	objects := []client.Object{build.Node("n").Ready().Obj()}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		objects = append(objects, build.Pod(name).On("n").Obj())
	}
	w := newWorld(t, objects...)
	w.refuse = func(*corev1.Pod) error { return apierrors.NewTooManyRequests("no", 1) }
	_, message := w.turn()
	if want := "5 workload pods are left, 5 may not be evicted now: default/a: no; default/b: no; default/c: no; and 2 more"; message != want {
		t.Errorf("message %q, want %q", message, want)
	}
}

func TestEvictionMeansThePodThatWasSeen(t *testing.T) {
	w := newWorld(t, build.Node("n").Ready().Obj(), build.Pod("db-0").On("n").OwnedBy("StatefulSet", "db").Obj())
	w.refuse = func(pod *corev1.Pod) error { // while the eviction is on its way, the pod is replaced by another of its name
		if err := w.api.Delete(t.Context(), pod.DeepCopy()); err != nil {
			return err
		}
		successor := build.Pod("db-0").On("m").OwnedBy("StatefulSet", "db").Obj()
		successor.UID = "another"
		return w.api.Create(t.Context(), successor)
	}
	w.turn()
	if diff := cmp.Diff([]string{"db-0"}, w.pods()); diff != "" {
		t.Errorf("the successor was evicted (-want +got):\n%s", diff)
	}
	if done, _ := w.turn(); !done || w.evicted != 0 {
		t.Errorf("done %t after %d evictions, want the node empty and none", done, w.evicted)
	}
}

func TestPodThatIsAlreadyGoneIsNoError(t *testing.T) {
	w := newWorld(t, build.Node("n").Ready().Obj(), build.Pod("app").On("n").Obj())
	w.refuse = func(pod *corev1.Pod) error { return w.api.Delete(t.Context(), pod.DeepCopy()) }
	w.turn()
	if done, _ := w.turn(); !done || w.evicted != 0 {
		t.Errorf("done %t after %d evictions", done, w.evicted)
	}
}

func TestConnectionThatFailsIsAnError(t *testing.T) {
	w := newWorld(t, build.Node("n").Ready().Obj(), build.Pod("app").On("n").Obj())
	broken := errors.New("connection reset")
	w.refuse = func(*corev1.Pod) error { return broken }
	if _, _, err := w.drainer.Drain(t.Context(), w.node()); !errors.Is(err, broken) || !strings.Contains(err.Error(), "default/app") {
		t.Errorf("error %v, want one that names the pod", err)
	}
}

func TestPodThatNoKubeletWillEverStopIsNotWaitedForForever(t *testing.T) {
	tests := map[string]struct {
		node    *build.NodeBuilder
		forever bool
	}{
		"the kubelet answers":                     {node: build.Node("n").Ready(), forever: true},
		"the machine under the node has vanished": {node: build.Node("n").NotReady()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				due := time.Now().Add(30 * time.Second)
				w := newWorld(t, test.node.Cordoned().Obj(), build.Pod("app").On("n").Terminating(due).Obj())
				if done, _ := w.turn(); done {
					t.Error("done while the pod may still stop")
				}
				time.Sleep(30*time.Second + time.Minute - time.Second)
				if done, _ := w.turn(); done {
					t.Error("done before the pod was given up")
				}
				time.Sleep(time.Second)
				if done, _ := w.turn(); done == test.forever {
					t.Errorf("done %t a minute after the pod should have stopped", done)
				}
			})
		})
	}
}
