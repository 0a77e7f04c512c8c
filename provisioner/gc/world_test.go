package gc_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/drain"
)

var (
	prod = hostnames.Scheme{Prefix: "prod-", ClusterID: "6f0c1f5e-6c3a-4b43-8f0e-8c6f8f1d2a11"}
	twin = hostnames.Scheme{Prefix: "prod-", ClusterID: "11111111-6c3a-4b43-8f0e-8c6f8f1d2a11"}

	errPowerCut = errors.New("the process has died")
)

// world is an API server and a cloud in virtual time, and a sweeper between them.
type world struct {
	t       *testing.T
	api     client.WithWatch
	cloud   *fake.Cloud
	events  *build.Events
	metrics *telemetry.Metrics
	sweeper *gc.Sweeper

	// writes are the external writes, in order; intercept, when set, decides about each of them.
	writes    []string
	intercept func(write string, act func() error) error
	// read, when set, is called before each read, and may fail it or change the world under the sweeper.
	read func(what string) error
	// stale is what the cache shows of the Nodes, and staleList what the cloud lists, each once.
	stale     []corev1.Node
	staleList []cloud.Machine
	// firstNodes and firstList are what they showed in the beginning.
	firstNodes []corev1.Node
	firstList  []cloud.Machine
	// onDeath is asked after a failed sweep whether the process has died, and starts another if so.
	onDeath func() bool
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	w := &world{t: t, api: build.API(objects...), events: &build.Events{}, metrics: telemetry.NewMetrics(prometheus.NewRegistry())}
	w.cloud = fake.New(fake.Options{BuildTime: 30 * time.Second, DeleteTime: 7 * time.Second})
	w.onDeath = func() bool { return false }
	w.sweeper = w.newSweeper()
	return w
}

// newSweeper starts a sweeper that knows nothing.
func (w *world) newSweeper() *gc.Sweeper {
	api := build.Watched(w.api, w.pass)
	return gc.New(gc.Parts{
		Client: api, Live: byName{api}, Provider: watchedCloud{w.cloud, w}, Metrics: w.metrics, Events: w.events, Log: testr.New(w.t),
		Drainer: &drain.Drainer{Client: api, Live: api, Evicted: func(*corev1.Node) {}},
	}, gc.Options{Names: prod})
}

func (w *world) pass(call build.Call, object any, act func() error) error {
	switch call {
	case build.OnGet, build.OnList:
		if err := w.reads(string(call) + " " + kind(object)); err != nil {
			return err
		}
		if nodes, isNodes := object.(*corev1.NodeList); isNodes && w.stale != nil {
			nodes.Items, w.stale = w.stale, nil
			return nil
		}
		return act()
	}
	return w.write(string(call)+" "+kind(object), act)
}

func kind(object any) string {
	switch object.(type) {
	case *v1alpha1.VPSieNodeList:
		return "VPSieNodes"
	case *corev1.NodeList:
		return "Nodes"
	case *corev1.Node:
		return "Node"
	case *corev1.Pod:
		return "Pod"
	}
	return "object"
}

func (w *world) reads(what string) error {
	if w.read == nil {
		return nil
	}
	return w.read(what)
}

func (w *world) write(name string, act func() error) error {
	if w.intercept != nil {
		return w.intercept(name, act)
	}
	w.writes = append(w.writes, name)
	return act()
}

// byName selects by metadata.name as the API server does and the fake client does not.
type byName struct{ client.Reader }

func (r byName) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	var merged client.ListOptions
	merged.ApplyOptions(options)
	objects, isObjects := list.(*v1alpha1.VPSieNodeList)
	if !isObjects || merged.FieldSelector == nil {
		return r.Reader.List(ctx, list, options...)
	}
	if err := r.Reader.List(ctx, list); err != nil {
		return err
	}
	wanted, _ := merged.FieldSelector.RequiresExactMatch("metadata.name")
	objects.Items = slices.DeleteFunc(objects.Items, func(o v1alpha1.VPSieNode) bool { return o.Name != wanted })
	return nil
}

// watchedCloud passes what the sweeper asks of the cloud through the world.
type watchedCloud struct {
	*fake.Cloud
	world *world
}

func (c watchedCloud) Machines(ctx context.Context, filter cloud.Filter) ([]cloud.Machine, error) {
	if err := c.world.reads("cloud list"); err != nil {
		return nil, err
	}
	if stale := c.world.staleList; stale != nil {
		c.world.staleList = nil
		return stale, nil
	}
	return c.Cloud.Machines(ctx, filter)
}

func (c watchedCloud) Machine(ctx context.Context, id string) (cloud.Machine, error) {
	if err := c.world.reads("cloud read"); err != nil {
		return cloud.Machine{}, err
	}
	return c.Cloud.Machine(ctx, id)
}

func (c watchedCloud) Delete(ctx context.Context, machine cloud.Machine) error {
	return c.world.write("cloud delete", func() error { return c.Cloud.Delete(ctx, machine) })
}

// machine adds a running machine and, where joined says so, the Node that it became.
func (w *world) machine(hostname string, joined bool) {
	id := w.cloud.AddMachine(cloud.Machine{Hostname: hostname})
	if !joined {
		return
	}
	node := build.Node(hostname).Ready().In("web").Label(v1alpha1.LabelVPSieNode, hostname).ProviderID("vpsie://" + id).Obj()
	if err := w.api.Create(context.Background(), node); err != nil {
		w.t.Fatal(err)
	}
}

// sweep takes a minute.
func (w *world) sweep() error {
	_, err := w.sweeper.Sweep(context.Background())
	w.settle()
	time.Sleep(time.Minute)
	return err
}

// sweeps lets time pass with a sweep every minute, all of which must succeed.
func (w *world) sweeps(minutes int) {
	w.t.Helper()
	for range minutes {
		if err := w.sweep(); err != nil {
			w.t.Errorf("Sweep: %v", err)
		}
	}
}

// settle has the Nodes stop to answer whose machines are gone.
func (w *world) settle() {
	for _, node := range w.nodes() {
		if slices.Contains(w.machines(), node.Name) {
			continue
		}
		node.Status.Conditions[0].Status = corev1.ConditionUnknown
		if err := w.api.Status().Update(context.Background(), &node); err != nil {
			w.t.Error(err)
		}
	}
}

func (w *world) nodes() []corev1.Node {
	var list corev1.NodeList
	if err := w.api.List(context.Background(), &list); err != nil {
		w.t.Fatal(err)
	}
	return list.Items
}

func (w *world) nodeNames() []string {
	var names []string
	for _, node := range w.nodes() {
		names = append(names, node.Name)
	}
	return names
}

// machines are the host names of all machines that exist and are not being deleted.
func (w *world) machines() []string {
	list, err := w.cloud.Machines(context.Background(), cloud.Filter{HostnamePrefix: "p"})
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, machine := range list {
		if machine.State != cloud.StateEnding {
			names = append(names, machine.Hostname)
		}
	}
	return names
}

func (w *world) wantMachines(want ...string) {
	w.t.Helper()
	if got := w.machines(); !sameSet(got, want) {
		w.t.Errorf("machines %v, want %v", got, want)
	}
}

func (w *world) wantNodes(want ...string) {
	w.t.Helper()
	if got := w.nodeNames(); !sameSet(got, want) {
		w.t.Errorf("Nodes %v, want %v", got, want)
	}
}

func sameSet(a, b []string) bool {
	return strings.Join(slices.Sorted(slices.Values(a)), " ") == strings.Join(slices.Sorted(slices.Values(b)), " ")
}

// scenario runs a test in virtual time.
func scenario(t *testing.T, run func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) { run(t, newWorld(t)) })
}
