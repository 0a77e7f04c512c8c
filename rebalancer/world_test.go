package rebalancer_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/rebalancer"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/drain"
)

const (
	window = 10 * time.Minute
	settle = time.Second
)

// world is an API server in virtual time, and a scale-down on it that looks after the group "web".
type world struct {
	t       *testing.T
	api     client.WithWatch
	events  *build.Events
	metrics *telemetry.Metrics
	// cache, when set, stands between the scale-down and what it reads; its writes pass.
	cache func(call build.Call, object any, act func() error) error
	// intercept, when set, decides about each write.
	intercept func(write string, act func() error) error
	writes    []string
	lastErr   error
}

// scenario runs a test in virtual time.
func scenario(t *testing.T, objects func() []client.Object, act func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		act(&world{t: t, api: build.API(objects()...), events: &build.Events{}, metrics: telemetry.NewMetrics(prometheus.NewRegistry())})
	})
}

// node is a VPSieNode of the group that is ready, and its Node.
func node(name string) []client.Object {
	return []client.Object{build.VPSieNode(name, "web").Ready().Obj(), build.Node(name).Ready().In("web").Obj()}
}

// objects joins objects and lists of objects.
func objects(parts ...any) []client.Object {
	var all []client.Object
	for _, part := range parts {
		switch part := part.(type) {
		case client.Object:
			all = append(all, part)
		case []client.Object:
			all = append(all, part...)
		}
	}
	return all
}

// reconcile has the scale-down look once, as a process that knows nothing from before.
func (w *world) reconcile() reconcile.Result {
	w.t.Helper()
	api := build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		if call == build.OnGet || call == build.OnList {
			if w.cache != nil {
				return w.cache(call, object, act)
			}
			return act()
		}
		write := string(call) + " " + kind(object) + " " + object.(client.Object).GetName()
		if w.intercept != nil {
			return w.intercept(write, act)
		}
		w.writes = append(w.writes, write)
		return act()
	})
	scaleDown := &rebalancer.ScaleDown{Parts: rebalancer.Parts{
		Client: api, Live: w.api, Metrics: w.metrics, Events: w.events, Settle: settle,
		Drainer: &drain.Drainer{Client: api, Live: w.api, Evicted: func(*corev1.Node) {}},
	}}
	result, err := scaleDown.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: client.ObjectKey{Namespace: build.Namespace, Name: "web"}})
	w.lastErr = err
	return result
}

func kind(object any) string {
	switch object.(type) {
	case *v1alpha1.VPSieNode:
		return "VPSieNode"
	case *v1alpha1.NodeGroup:
		return "NodeGroup"
	case *corev1.Node:
		return "Node"
	}
	return "object"
}

// runFor lets time pass, in which the scale-down looks again whenever it asked to.
func (w *world) runFor(duration time.Duration) {
	w.t.Helper()
	end := time.Now().Add(duration)
	for {
		result := w.reconcile()
		if w.lastErr != nil {
			w.t.Fatal(w.lastErr)
		}
		if result.RequeueAfter == 0 || time.Now().Add(result.RequeueAfter).After(end) {
			time.Sleep(time.Until(end))
			return
		}
		time.Sleep(result.RequeueAfter)
	}
}

func fetch[T client.Object](w *world, namespace, name string, into T) (T, bool) {
	w.t.Helper()
	err := w.api.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: name}, into)
	if err != nil && !apierrors.IsNotFound(err) {
		w.t.Fatal(err)
	}
	return into, err == nil
}

// state says how a node of the group is: "staying", "cordoned", "leaving" or "gone".
func (w *world) state(name string) string {
	w.t.Helper()
	object, found := fetch(w, build.Namespace, name, &v1alpha1.VPSieNode{})
	node, hasNode := fetch(w, "", name, &corev1.Node{})
	_, marked := node.Annotations[v1alpha1.AnnotationScaleDownStarted]
	switch {
	case !found:
		return "gone"
	case object.DeletionTimestamp != nil:
		return "leaving"
	case hasNode && marked != node.Spec.Unschedulable:
		return "half cordoned"
	case marked:
		return "cordoned"
	}
	return "staying"
}

func (w *world) wantStates(want string) {
	w.t.Helper()
	var got []string
	for _, pair := range strings.Fields(want) {
		name, _, _ := strings.Cut(pair, "=")
		got = append(got, name+"="+strings.ReplaceAll(w.state(name), " ", "-"))
	}
	if got := strings.Join(got, " "); got != want {
		w.t.Errorf("nodes: %s, want %s", got, want)
	}
}

// wantUntouched checks that node "a" is neither changed nor being removed; before is its Node, with an empty name if it had none.
func (w *world) wantUntouched(before *corev1.Node) {
	w.t.Helper()
	after, _ := fetch(w, "", "a", &corev1.Node{})
	if diff := cmp.Diff(before, after); diff != "" {
		w.t.Errorf("the Node was changed (-before +after):\n%s", diff)
	}
	if object, found := fetch(w, build.Namespace, "a", &v1alpha1.VPSieNode{}); !found || object.DeletionTimestamp != nil {
		w.t.Error("the node is being removed")
	}
}

func (w *world) group() *v1alpha1.NodeGroup {
	w.t.Helper()
	group, found := fetch(w, build.Namespace, "web", &v1alpha1.NodeGroup{})
	if !found {
		w.t.Fatal("the group has gone")
	}
	return group
}

func (w *world) desired() int { return int(*w.group().Spec.DesiredNodes) }

// empty is the condition Empty of a node, as "Status since".
func (w *world) empty(name string) string {
	w.t.Helper()
	object, _ := fetch(w, build.Namespace, name, &v1alpha1.VPSieNode{})
	if found := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionEmpty); found != nil {
		return string(found.Status) + " " + found.LastTransitionTime.UTC().Format(time.TimeOnly)
	}
	return ""
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	if err := w.api.Create(w.t.Context(), object); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) change(object client.Object) {
	w.t.Helper()
	if err := w.api.Update(w.t.Context(), object); err != nil {
		w.t.Fatal(err)
	}
}
