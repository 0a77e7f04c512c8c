package group_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/costs"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
	"github.com/vpsie/vpsie-autoscaler/provisioner/group"
)

const recheck = time.Minute

// world is an API server with a market, and a reconciler on it that looks after the group "web".
type world struct {
	t       *testing.T
	api     client.WithWatch
	metrics *telemetry.Metrics
	verdict provisioner.Verdict
	cost    costs.Group
	// short counts the calls of Short.
	short int
	// writes are the writes of the reconciler.
	writes []string
}

// Judge implements group.Market.
func (w *world) Judge(context.Context, *v1alpha1.NodeGroup) provisioner.Verdict { return w.verdict }

// Cost implements group.Market.
func (w *world) Cost(context.Context, *v1alpha1.NodeGroup, []v1alpha1.VPSieNode) costs.Group {
	return w.cost
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	return &world{t: t, api: build.API(objects...), metrics: telemetry.NewMetrics(prometheus.NewRegistry())}
}

func (w *world) reconcile() {
	w.t.Helper()
	api := build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		if call != build.OnGet && call != build.OnList {
			w.writes = append(w.writes, string(call)+" "+object.(client.Object).GetName())
		}
		return act()
	})
	r := &group.Reconciler{Parts: group.Parts{Client: api, Market: w, Short: func() { w.short++ }, Metrics: w.metrics, Recheck: recheck}}
	if _, err := r.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: key("web")}); err != nil {
		w.t.Fatal(err)
	}
}

func key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: build.Namespace, Name: name}
}

// group is the NodeGroup; nil when it is gone.
func (w *world) group() *v1alpha1.NodeGroup {
	w.t.Helper()
	var found v1alpha1.NodeGroup
	err := w.api.Get(w.t.Context(), key("web"), &found)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return &found
}

// condition is one of the group's, as "Status Reason".
func (w *world) condition(kind string) string {
	w.t.Helper()
	found := meta.FindStatusCondition(w.group().Status.Conditions, kind)
	if found == nil {
		return ""
	}
	return string(found.Status) + " " + found.Reason
}

// nodes are the VPSieNodes of the group that are not being deleted, and those that are.
func (w *world) nodes() (staying, leaving []string) {
	w.t.Helper()
	var list v1alpha1.VPSieNodeList
	if err := w.api.List(w.t.Context(), &list); err != nil {
		w.t.Fatal(err)
	}
	for _, node := range list.Items {
		if node.DeletionTimestamp == nil {
			staying = append(staying, node.Name)
		} else {
			leaving = append(leaving, node.Name)
		}
	}
	return staying, leaving
}

// release lets a VPSieNode go, as its lifecycle does when the machine is gone.
func (w *world) release(name string) {
	w.t.Helper()
	var node v1alpha1.VPSieNode
	if err := w.api.Get(w.t.Context(), key(name), &node); err != nil {
		w.t.Fatal(err)
	}
	node.Finalizers = nil
	if err := w.api.Update(w.t.Context(), &node); err != nil {
		w.t.Fatal(err)
	}
}
