package soak

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/optimistic"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
	"github.com/vpsie/vpsie-autoscaler/provisioner/lifecycle"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/drain"
)

const (
	group    = "web"
	clientID = "soak"
	secret   = "soak-secret"
	grace    = gc.DefaultGracePeriod
)

var names = hostnames.Scheme{Prefix: "soak-", ClusterID: "6f0c1f5e-6c3a-4b43-8f0e-8c6f8f1d2a11"}

// world is an API server, a cloud, and the controllers between them.
type world struct {
	t       *testing.T
	api     client.WithWatch // tells the controllers of every write
	sim     *simulator.Simulator
	client  *vpsie.Client
	metrics *telemetry.Metrics
	traffic traffic
	queue   workqueue.TypedRateLimitingInterface[reconcile.Request]
	ctx     context.Context
	end     context.CancelFunc
	running sync.WaitGroup

	mu         sync.Mutex
	reconciler reconcile.Reconciler
	stopSweeps context.CancelFunc
	lives      map[string]*life // by host name
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, metrics: telemetry.NewMetrics(prometheus.NewRegistry()), lives: map[string]*life{}}
	w.ctx, w.end = context.WithCancel(t.Context())
	w.api = build.Watched(newAPI(build.NodeGroup(group).Obj()), w.observe)
	w.queue = workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	latencies, err := cloud.LatencyProfile("realistic")
	if err != nil {
		t.Fatal(err)
	}
	w.sim = simulator.New(simulator.Options{
		Seed: seed, Latencies: latencies, ListLag: 15 * time.Second, Guest: guest{w}, API: httpapi.Options{ClientID: clientID, ClientSecret: secret, PageSize: 30},
	})
	for _, rule := range faultRules() {
		if err := w.sim.InjectFault(rule); err != nil {
			t.Fatal(err)
		}
	}
	w.client, err = vpsie.New(vpsie.Options{
		URL: "https://vpsie.example", ProjectID: "1", ImageID: catalogue.Image.Identifier, Timeout: 10 * time.Second, RequestsPerMinute: 1200,
		Credentials:   func(context.Context) (vpsie.Credentials, error) { return vpsie.APIClient(clientID, secret), nil },
		WrapTransport: w.traffic.wrap(w.sim.Transport()),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// observe is what a watch would tell: that a VPSieNode or its Node has changed.
func (w *world) observe(call build.Call, object any, act func() error) error {
	err := act()
	if err != nil || call == build.OnGet || call == build.OnList {
		return err
	}
	switch object := object.(type) {
	case *v1alpha1.VPSieNode:
		if life := w.lifeOf(object.Name); life != nil {
			life.observe(object)
		}
		w.changed(object.Name)
	case *corev1.Node:
		w.changed(object.Name)
	}
	return nil
}

func (w *world) changed(name string) {
	w.queue.Add(reconcile.Request{NamespacedName: client.ObjectKey{Namespace: build.Namespace, Name: name}})
}

// start runs the controllers, each in one worker: in virtual time nobody may wait for a lock while somebody else waits for the cloud.
func (w *world) start() {
	w.restart()
	w.running.Go(func() {
		for w.work() {
		}
	})
	w.running.Go(w.support)
}

// work takes one turn of the controller, as controller-runtime does.
func (w *world) work() bool {
	request, ended := w.queue.Get()
	if ended {
		return false
	}
	defer w.queue.Done(request)
	w.mu.Lock()
	reconciler := w.reconciler
	w.mu.Unlock()
	switch result, err := reconciler.Reconcile(ctrl.LoggerInto(w.ctx, logr.Discard()), request); {
	case err != nil:
		w.queue.AddRateLimited(request)
	case result.RequeueAfter > 0:
		w.queue.Forget(request)
		w.queue.AddAfter(request, result.RequeueAfter)
	default:
		w.queue.Forget(request)
	}
	return true
}

// restart replaces the controllers by others that know nothing, which then look at everything there is.
func (w *world) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	drainer := &drain.Drainer{Client: w.api, Live: w.api, Evicted: func(*corev1.Node) {}}
	w.reconciler = optimistic.Retry(lifecycle.New(lifecycle.Parts{
		Client: w.api, Live: w.api, Provider: w.client, Inventory: lifecycle.NewInventory(w.client, names.Prefix),
		Tokens: &bootstrap.Tokens{Client: w.api, Lifetime: time.Hour}, Sources: bootstrap.Sources{Reader: w.api},
		Cluster: func(context.Context) (bootstrap.Cluster, error) {
			return bootstrap.Cluster{Endpoint: "10.0.0.1:6443", CACertHash: "sha256:00", KubernetesVersion: "v1.37.2"}, nil
		},
		Drainer: drainer, Market: market{}, Released: func() {}, Metrics: w.metrics, Events: &build.Events{},
	}, lifecycle.Options{
		LaunchTimeout: 10 * time.Minute, JoinTimeout: 5 * time.Minute, LostTimeout: 2 * time.Minute,
		PollInterval: 10 * time.Second, RetryInterval: 30 * time.Second, ClusterID: names.ClusterID, Version: "soak",
	}))
	if w.stopSweeps != nil {
		w.stopSweeps()
	}
	ctx, stop := context.WithCancel(w.ctx)
	w.stopSweeps = stop
	sweeper := gc.New(gc.Parts{
		Client: w.api, Live: w.api, Provider: w.client, Drainer: drainer, Metrics: w.metrics, Events: &build.Events{}, Log: logr.Discard(),
	}, gc.Options{Names: names})
	w.running.Go(func() { _ = sweeper.Start(ctx) }) // always nil
	var list v1alpha1.VPSieNodeList
	if err := w.api.List(w.ctx, &list); err != nil {
		w.t.Error(err)
	}
	for i := range list.Items {
		w.changed(list.Items[i].Name)
	}
}

func (w *world) stop() {
	w.end()
	w.queue.ShutDown()
	w.running.Wait()
	w.sim.Close()
}

// market sells everything always: what is sold out is not bought again under the same name anyway.
type market struct{}

func (market) MarkSoldOut(string, string) {}
