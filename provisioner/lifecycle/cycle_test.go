package lifecycle_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
	"github.com/vpsie/vpsie-autoscaler/provisioner/group"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
	"github.com/vpsie/vpsie-autoscaler/provisioner/lifecycle"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/drain"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/repair"
)

const unhealthyTimeout = 5 * time.Minute

// cycle is a whole controller in virtual time: the groups, the plans, the lives of their nodes and their repair, on an API server and a
// cloud whose machines boot and register. It begins with no controller: start one.
type cycle struct {
	t       *testing.T
	api     client.WithWatch
	cloud   *fake.Cloud
	events  *build.Events
	metrics *telemetry.Metrics

	mu sync.Mutex
	// writes are the external writes of the controller, in order. intercept, when set, decides about each.
	writes    []string
	intercept func(write string, act func() error) error
	// dark keeps machines that come up from joining.
	dark bool
	// onTurn and onTick, when set, are called after each turn of the controllers and every second.
	onTurn, onTick func()

	changes, seen int
	due           time.Time
	reconcilers   map[string]reconcile.Reconciler // by kind; the repair's is "cluster"
	stop          func()
}

func newCycle(t *testing.T, of fake.Options, objects ...client.Object) *cycle {
	c := &cycle{t: t, events: &build.Events{}, metrics: telemetry.NewMetrics(prometheus.NewRegistry()), stop: func() {}}
	c.api = counted(build.API(objects...), &c.changes)
	of.BuildTime, of.DeleteTime, of.OnRunning = cmp.Or(of.BuildTime, buildTime), deleteTime, c.boot
	c.cloud = fake.New(of)
	return c
}

// standing makes nodes of the group web that have been ready since before the test: VPSieNode, Node and machine.
func (c *cycle) standing(names ...string) {
	for _, name := range names {
		id := c.cloud.AddMachine(cloud.Machine{ID: "machine-of-" + name, Hostname: name, DatacenterID: fake.DatacenterAmsterdam})
		for _, object := range []client.Object{
			build.VPSieNode(name, "web").Ready().Obj(), build.Node(name).Ready().In("web").Label(v1alpha1.LabelVPSieNode, name).ProviderID("vpsie://" + id).Obj(),
		} {
			status := object.DeepCopyObject().(client.Object)
			if err := c.api.Create(c.t.Context(), object); err != nil {
				c.t.Fatal(err)
			}
			status.SetResourceVersion(object.GetResourceVersion())
			if err := c.api.Status().Update(c.t.Context(), status); err != nil {
				c.t.Fatal(err)
			}
		}
	}
}

// start starts a controller that knows nothing, and ends the one before it.
func (c *cycle) start() {
	c.stop()
	api := build.Watched(c.api, func(call build.Call, object any, act func() error) error {
		if call == build.OnGet || call == build.OnList {
			return act()
		}
		return c.write(string(call)+" "+kind(object), act)
	})
	provider := cycleCloud{c.cloud, c}
	market := provisioner.NewMarket(provider, provisioner.MarketOptions{SoldOutTTL: 10 * time.Minute})
	planner := provisioner.New(provisioner.Parts{
		Client: api, Demand: noDemand{}, Market: market, Metrics: c.metrics, Events: c.events, Log: logr.Discard(),
	}, provisioner.Options{
		Window: provisioner.Window{Idle: 500 * time.Millisecond, Max: 5 * time.Second}, Resync: time.Hour, Hostnames: hostnames.Scheme{Prefix: prefix, ClusterID: "test"},
	})
	c.reconcilers = map[string]reconcile.Reconciler{
		"group": &group.Reconciler{Parts: group.Parts{Client: api, Market: market, Short: planner.Trigger, Metrics: c.metrics, Recheck: time.Hour}},
		"node": lifecycle.New(lifecycle.Parts{
			Client: api, Live: c.api, Provider: provider, Inventory: lifecycle.NewInventory(provider, prefix),
			Tokens: &bootstrap.Tokens{Client: api, Lifetime: time.Hour}, Sources: bootstrap.Sources{Reader: c.api},
			Cluster: func(context.Context) (bootstrap.Cluster, error) {
				return bootstrap.Cluster{KubernetesVersion: "v1.37.2"}, nil
			},
			Drainer:  &drain.Drainer{Client: api, Live: c.api, Evicted: func(*corev1.Node) {}},
			Market:   market,
			Released: planner.Trigger, Gone: planner.Forget, Metrics: c.metrics, Events: c.events,
		}, options),
		"cluster": repair.New(repair.Parts{Client: api, Live: c.api, Metrics: c.metrics, Events: c.events, Timeout: unhealthyTimeout}),
	}
	ctx, cancel := context.WithCancel(c.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = planner.Start(ctx)
	}()
	c.stop = func() {
		cancel()
		<-ended
	}
	c.t.Cleanup(cancel)
	c.seen, c.due = -1, time.Now()
}

// noDemand is that of a cluster without pods.
type noDemand struct{}

func (noDemand) Pending(context.Context) ([]*corev1.Pod, error) { return nil, nil }
func (noDemand) Changed() <-chan struct{}                       { return nil }

func (c *cycle) write(name string, act func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.intercept != nil {
		return c.intercept(name, act)
	}
	c.writes = append(c.writes, name)
	return act()
}

// cycleCloud passes the writes to the cloud through the cycle.
type cycleCloud struct {
	*fake.Cloud
	cycle *cycle
}

func (c cycleCloud) Create(ctx context.Context, request cloud.CreateRequest) error {
	return c.cycle.write("cloud create", func() error { return c.Cloud.Create(ctx, request) })
}

func (c cycleCloud) Configure(ctx context.Context, machine cloud.Machine, wanted cloud.Attributes) error {
	return c.cycle.write("cloud configure", func() error { return c.Cloud.Configure(ctx, machine, wanted) })
}

func (c cycleCloud) Delete(ctx context.Context, machine cloud.Machine) error {
	return c.cycle.write("cloud delete", func() error { return c.Cloud.Delete(ctx, machine) })
}

// boot has a machine come up: some time later it registers its Node, and soon after that the Node is ready.
func (c *cycle) boot(machine cloud.Machine) {
	time.AfterFunc(bootTime, func() {
		if c.dark {
			return
		}
		node := build.Node(machine.Hostname).NotReady().Taint(v1alpha1.TaintUninitialized, "", corev1.TaintEffectNoSchedule).Obj()
		_ = c.api.Create(context.Background(), node)
	})
	time.AfterFunc(bootTime+readyTime, func() { c.report(machine.Hostname, corev1.ConditionTrue) })
}

// report has the Node of a name say whether it is ready, if there is one.
func (c *cycle) report(name string, status corev1.ConditionStatus) {
	var node corev1.Node
	if c.api.Get(context.Background(), client.ObjectKey{Name: name}, &node) != nil {
		return
	}
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status}}
	if err := c.api.Status().Update(context.Background(), &node); err != nil {
		c.t.Errorf("report of Node %s: %v", name, err)
	}
}

// tick lets a second pass, in which the controllers work whenever one is due or something has changed.
func (c *cycle) tick() {
	for range 30 {
		if c.changes == c.seen && (c.due.IsZero() || time.Now().Before(c.due)) {
			break
		}
		c.turn()
	}
	time.Sleep(time.Second)
	if c.onTick != nil {
		c.onTick()
	}
}

// turn has every controller look at everything once.
func (c *cycle) turn() {
	c.seen, c.due = c.changes, time.Time{}
	requests := map[string][]string{"cluster": {"cluster"}}
	var groups v1alpha1.NodeGroupList
	if err := c.api.List(context.Background(), &groups); err != nil {
		c.t.Fatal(err)
	}
	for i := range groups.Items {
		requests["group"] = append(requests["group"], groups.Items[i].Name)
	}
	for _, object := range c.objects() {
		requests["node"] = append(requests["node"], object.Name)
	}
	for _, controller := range []string{"node", "group", "cluster"} {
		for _, name := range requests[controller] {
			request := reconcile.Request{NamespacedName: client.ObjectKey{Namespace: build.Namespace, Name: name}}
			result, err := c.reconcilers[controller].Reconcile(c.t.Context(), request)
			if err != nil {
				result.RequeueAfter = time.Second // the queue's back-off
			}
			if again := time.Now().Add(result.RequeueAfter); result.RequeueAfter > 0 && (c.due.IsZero() || again.Before(c.due)) {
				c.due = again
			}
		}
	}
	perName := map[string]int{}
	for _, machine := range c.machines() {
		if perName[machine.Hostname]++; perName[machine.Hostname] > 1 {
			c.t.Errorf("%d machines of the name %s", perName[machine.Hostname], machine.Hostname)
		}
	}
	if c.onTurn != nil {
		c.onTurn()
	}
}

func (c *cycle) runFor(duration time.Duration) {
	for end := time.Now().Add(duration); time.Now().Before(end); {
		c.tick()
	}
}

// runUntil lets time pass until something holds, and returns how long it took.
func (c *cycle) runUntil(what string, holds func() bool) time.Duration {
	c.t.Helper()
	began, looked := time.Now(), -1
	for time.Since(began) < time.Hour {
		if looked != c.changes && holds() {
			return time.Since(began)
		}
		looked = c.changes
		c.tick()
	}
	c.t.Fatalf("after an hour still not: %s; nodes %v, machines %v", what, c.states(), c.machines())
	return 0
}

func (c *cycle) objects() []v1alpha1.VPSieNode {
	var list v1alpha1.VPSieNodeList
	if err := c.api.List(context.Background(), &list); err != nil {
		c.t.Fatal(err)
	}
	return list.Items
}

func (c *cycle) machines() []cloud.Machine {
	machines, err := c.cloud.Machines(context.Background(), cloud.Filter{HostnamePrefix: prefix})
	if err != nil {
		c.t.Fatal(err)
	}
	return machines
}

// states are the nodes as "offering phase", "leaving" for one that is on its way out.
func (c *cycle) states() (states []string) {
	for _, object := range c.objects() {
		state := object.Status.Phase
		if object.DeletionTimestamp != nil {
			state = "leaving"
		}
		states = append(states, strings.TrimSpace(object.Spec.OfferingID+" "+state))
	}
	slices.Sort(states)
	return states
}

// settled reports whether so many nodes are ready, and there is nothing else.
func (c *cycle) settled(nodes int) bool {
	objects := c.objects()
	for _, object := range objects {
		if object.DeletionTimestamp != nil || !meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionReady) {
			return false
		}
	}
	return len(objects) == nodes && len(c.machines()) == nodes
}

// group is the condition Ready of the group, as "Status Reason".
func (c *cycle) group() string {
	var found v1alpha1.NodeGroup
	if err := c.api.Get(context.Background(), client.ObjectKey{Namespace: build.Namespace, Name: "web"}, &found); err != nil {
		return "gone"
	}
	if ready := meta.FindStatusCondition(found.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return string(ready.Status) + " " + ready.Reason
	}
	return ""
}
