package lifecycle_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
	"github.com/vpsie/vpsie-autoscaler/provisioner/lifecycle"
)

const (
	prefix   = "prod-"
	nodeName = "prod-web-1"

	buildTime  = 30 * time.Second
	bootTime   = 20 * time.Second
	readyTime  = 5 * time.Second
	deleteTime = 7 * time.Second
)

var options = lifecycle.Options{
	LaunchTimeout: 10 * time.Minute,
	JoinTimeout:   5 * time.Minute,
	LostTimeout:   2 * time.Minute,
	PollInterval:  2 * time.Second,
	RetryInterval: 30 * time.Second,
	ReadyTimeout:  4 * time.Minute,
	ClusterID:     "cluster-1",
	Version:       "v1.2.3",
}

// world is an API server and a cloud in virtual time, and a controller between them. Machines of the cloud boot and register
// their Node unless boots is false.
type world struct {
	t       *testing.T
	api     client.WithWatch
	cloud   *fake.Cloud
	events  *build.Events
	metrics *telemetry.Metrics
	market  soldOut
	boots   bool
	// joins is the name of the Node that the machine becomes.
	joins string
	// prefix starts the names that the controller takes for its cluster's.
	prefix string
	// version is what the next controller says of itself.
	version string
	// hasty has the next controller take the startup taint off at once.
	hasty bool
	// released counts the calls of Released.
	released int
	// lists counts the lists of machines that the controller asked for.
	lists int
	// writes are the external writes of the controller, in order.
	writes []string
	// intercept, when set, decides about each external write.
	intercept func(write string, act func() error) error

	// outdated, when set, is what the controller's cache still shows of the VPSieNode; once says that it shows it a single time.
	outdated *v1alpha1.VPSieNode
	once     bool
	// tagless keeps the tags of machines out of lists.
	tagless bool
	// crowded allows more than one machine, blind keeps the controller from listing them, hidden shows it a list without any.
	crowded, blind, hidden bool
	// onDeath, when set, is asked after each reconcile whether the process has died, and starts another if so.
	onDeath func() bool

	reconciler *lifecycle.Reconciler
	due        time.Time // when the reconciler wants to look again; zero when it does not
	changes    int       // writes of anybody so far
	seen       int       // how many there were before the last reconcile
	phases     []string
	reconciles int
}

// soldOut is a market that remembers what it was told.
type soldOut []string

func (s *soldOut) MarkSoldOut(datacenterID, offeringID string) {
	*s = append(*s, datacenterID+"/"+offeringID)
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	w := &world{t: t, events: &build.Events{}, metrics: telemetry.NewMetrics(prometheus.NewRegistry()), boots: true, joins: nodeName, prefix: prefix, version: options.Version}
	w.api = counted(build.API(append(objects, build.NodeGroup("web").Obj())...), &w.changes)
	w.rebuild(fake.Options{})
	return w
}

// rebuild starts over with another cloud, and a controller that knows nothing.
func (w *world) rebuild(of fake.Options) {
	of.BuildTime, of.DeleteTime, of.OnRunning = cmp.Or(of.BuildTime, buildTime), deleteTime, w.boot
	w.cloud = fake.New(of)
	w.restart()
}

// restart replaces the controller by another that knows nothing.
func (w *world) restart() {
	api := build.Watched(w.api, func(call build.Call, object any, act func() error) error {
		switch object, isVPSieNode := object.(*v1alpha1.VPSieNode); {
		case call == build.OnGet && isVPSieNode && w.outdated != nil:
			w.outdated.DeepCopyInto(object)
			if w.once {
				w.outdated = nil
			}
			return nil
		case call == build.OnGet || call == build.OnList:
			return act()
		}
		return w.write(string(call)+" "+kind(object), act)
	})
	provider := watchedCloud{Cloud: w.cloud, world: w}
	w.reconciler = lifecycle.New(lifecycle.Parts{
		Client:    api,
		Live:      w.api,
		Provider:  provider,
		Inventory: lifecycle.NewInventory(provider, w.prefix),
		Tokens:    &bootstrap.Tokens{Client: api, Lifetime: time.Hour},
		Cluster: func(context.Context) (bootstrap.Cluster, error) {
			return bootstrap.Cluster{Endpoint: "10.0.0.1:6443", CACertHash: "sha256:00", KubernetesVersion: "v1.37.2"}, nil
		},
		Sources:  bootstrap.Sources{Reader: w.api},
		Drainer:  drainer{api},
		Market:   &w.market,
		Released: func() { w.released++ },
		Metrics:  w.metrics,
		Events:   w.events,
	}, w.options())
	w.due, w.seen = time.Now(), 0
}

func (w *world) options() lifecycle.Options {
	current := options
	current.Version, current.AwaitOpening = w.version, !w.hasty
	return current
}

func kind(object any) string {
	switch object.(type) {
	case *v1alpha1.VPSieNode:
		return "VPSieNode"
	case *corev1.Node:
		return "Node"
	case *corev1.Secret:
		return "Secret"
	case *corev1.Pod:
		return "Pod"
	}
	return "object"
}

func (w *world) write(name string, act func() error) error {
	if w.intercept != nil {
		return w.intercept(name, act)
	}
	w.writes = append(w.writes, name)
	return act()
}

// watchedCloud passes the writes to the cloud through the world.
type watchedCloud struct {
	*fake.Cloud
	world *world
}

func (c watchedCloud) Create(ctx context.Context, request cloud.CreateRequest) error {
	return c.world.write("cloud create", func() error { return c.Cloud.Create(ctx, request) })
}

func (c watchedCloud) Delete(ctx context.Context, machine cloud.Machine) error {
	return c.world.write("cloud delete", func() error { return c.Cloud.Delete(ctx, machine) })
}

func (c watchedCloud) Configure(ctx context.Context, machine cloud.Machine, wanted cloud.Attributes) error {
	return c.world.write("cloud configure", func() error { return c.Cloud.Configure(ctx, machine, wanted) })
}

func (c watchedCloud) Machines(ctx context.Context, filter cloud.Filter) ([]cloud.Machine, error) {
	c.world.lists++
	if c.world.blind {
		return nil, fmt.Errorf("list machines: %w", cloud.ErrTransient)
	}
	if c.world.hidden {
		return nil, nil
	}
	machines, err := c.Cloud.Machines(ctx, filter)
	for i := range machines {
		if c.world.joins != nodeName && machines[i].State == cloud.StateRunning {
			machines[i].NodeName = c.world.joins
		}
		if c.world.tagless {
			machines[i].Tags = nil
		}
	}
	return machines, err
}

// drainer evicts every pod of a node, one turn at a time.
type drainer struct{ api client.Client }

func (d drainer) Drain(ctx context.Context, node *corev1.Node) (bool, string, error) {
	if !node.Spec.Unschedulable {
		before := node.DeepCopy()
		node.Spec.Unschedulable = true
		if err := d.api.Patch(ctx, node, client.MergeFrom(before)); err != nil {
			return false, "", err
		}
	}
	var pods corev1.PodList
	if err := d.api.List(ctx, &pods, client.MatchingFields{"spec.nodeName": node.Name}); err != nil {
		return false, "", err
	}
	for i := range pods.Items {
		if err := d.api.SubResource("eviction").Create(ctx, &pods.Items[i], &policyv1.Eviction{}); err != nil {
			return false, "", err
		}
	}
	return len(pods.Items) == 0, "evicting", nil
}

// boot has the machine come up: some time later it registers its Node, and soon after that the Node is ready.
func (w *world) boot(machine cloud.Machine) {
	time.AfterFunc(bootTime, func() {
		if !w.boots || len(w.machines()) == 0 {
			return
		}
		node := build.Node(w.joins).NotReady().
			Taint(v1alpha1.TaintUninitialized, "", corev1.TaintEffectNoSchedule).
			Taint(corev1.TaintNodeNotReady, "", corev1.TaintEffectNoSchedule).Obj()
		if err := w.api.Create(context.Background(), node); err != nil {
			w.t.Errorf("register Node: %v", err)
		}
	})
	time.AfterFunc(bootTime+readyTime, func() {
		if !w.boots {
			return
		}
		w.changeNode(func(node *corev1.Node) {
			node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
			node.Status.Conditions[0].Status = corev1.ConditionTrue
		})
	})
}

var errPowerCut = errors.New("the process has died")
