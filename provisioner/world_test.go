package provisioner_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

const prefix = "prod-"

// world is an API server, a cloud and a demand, with a provisioner between them.
type world struct {
	t       *testing.T
	api     client.WithWatch
	cloud   *fake.Cloud
	market  *provisioner.Market
	demand  *demand
	events  *build.Events
	metrics *telemetry.Metrics
	told    *diagnoser
	// limits, policy and keys are those of the next provisioner.
	limits plan.Limits
	policy plan.Policy
	keys   []string

	provisioner *provisioner.Provisioner
}

// demand are the pods that wait.
type demand struct {
	pods    []*corev1.Pod
	changed chan struct{}
	asked   []time.Time
}

func (d *demand) Pending(context.Context) ([]*corev1.Pod, error) {
	d.asked = append(d.asked, time.Now())
	return d.pods, nil
}

func (d *demand) Changed() <-chan struct{} { return d.changed }

func newWorld(t *testing.T, objects ...client.Object) *world {
	w := &world{
		t: t, api: build.API(objects...), cloud: fake.New(fake.Options{}), demand: &demand{changed: make(chan struct{}, 1)},
		events: &build.Events{}, metrics: telemetry.NewMetrics(prometheus.NewRegistry()), told: &diagnoser{},
	}
	w.restart(w.api)
	return w
}

// restart replaces the provisioner by another that knows nothing and speaks to the API server through a client.
func (w *world) restart(api client.Client) {
	w.market = provisioner.NewMarket(w.cloud, provisioner.MarketOptions{SoldOutTTL: 10 * time.Minute})
	w.provisioner = provisioner.New(provisioner.Parts{
		Client: api, Demand: w.demand, Market: w.market, Metrics: w.metrics, Events: w.events, Log: logr.Discard(),
		Diagnoser: w.told,
	}, provisioner.Options{
		Window:    provisioner.Window{Idle: 500 * time.Millisecond, Max: 5 * time.Second},
		Resync:    time.Hour,
		Hostnames: hostnames.Scheme{Prefix: prefix, ClusterID: "test"},
		ImageID:   "image-default",
		SSHKeyIDs: w.keys,
		Limits:    w.limits,
		Policy:    w.policy,
	})
}

// waiting makes pods wait for a node.
func (w *world) waiting(pods ...*build.PodBuilder) {
	w.demand.pods = nil
	for _, pod := range pods {
		w.demand.pods = append(w.demand.pods, pod.Unschedulable().Obj())
	}
}

func (w *world) plan() {
	w.t.Helper()
	if err := w.provisioner.Plan(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// snapshot is what a plan for the pods would be made from.
func (w *world) snapshot(pods ...*corev1.Pod) *plan.Snapshot {
	w.t.Helper()
	snapshot, err := w.provisioner.Snapshot(w.t.Context(), pods)
	if err != nil {
		w.t.Fatal(err)
	}
	return snapshot
}

// bought are the VPSieNodes, in the order of their offering and pods.
func (w *world) bought() []v1alpha1.VPSieNode {
	w.t.Helper()
	var list v1alpha1.VPSieNodeList
	if err := w.api.List(w.t.Context(), &list); err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.VPSieNode) int { return strings.Compare(describe(a), describe(b)) })
	return list.Items
}

// shopping is what was bought, each node as "group offering: pods".
func (w *world) shopping() []string {
	lines := []string{}
	for _, node := range w.bought() {
		lines = append(lines, describe(node))
	}
	return lines
}

func describe(node v1alpha1.VPSieNode) string {
	pods := slices.Clone(node.Spec.Decision.Pods)
	slices.Sort(pods)
	return strings.TrimSpace(node.Spec.NodeGroupName + " " + node.Spec.OfferingID + ": " + strings.Join(pods, " "))
}

func (w *world) group(name string) *v1alpha1.NodeGroup {
	w.t.Helper()
	var group v1alpha1.NodeGroup
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: build.Namespace, Name: name}, &group); err != nil {
		w.t.Fatal(err)
	}
	return &group
}

func (w *world) wantShopping(want ...string) {
	w.t.Helper()
	if got := w.shopping(); !slices.Equal(got, want) {
		w.t.Errorf("VPSieNodes:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// half asks for about half of a general-2, whole for nearly all of one.
func half(name string) *build.PodBuilder  { return build.Pod(name).Requests("900m", "2Gi") }
func whole(name string) *build.PodBuilder { return build.Pod(name).Requests("1900m", "4Gi") }
