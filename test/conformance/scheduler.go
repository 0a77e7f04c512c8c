package conformance

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/dynamic-resource-allocation/resourceslice/tracker"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/dynamicresources"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodevolumelimits"
	"k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
	"k8s.io/kubernetes/pkg/scheduler/util/assumecache"
)

// Scheduler is the scheduling framework with the default profile. It knows only what SetObjects and SetState tell it: its informers
// never start, so nothing changes behind the caller's back.
type Scheduler struct {
	ctx       context.Context
	framework framework.Framework
	informers informers.SharedInformerFactory
	// state is what the plugins hold on to; SetState replaces its content.
	state *cache.Snapshot
}

// NewScheduler makes a scheduler that knows of nothing. It works until ctx ends.
func NewScheduler(ctx context.Context) (*Scheduler, error) {
	metrics.Register()
	ctx = klog.NewContext(ctx, logr.Discard())
	configuration, err := latest.Default()
	if err != nil {
		return nil, fmt.Errorf("default the scheduler's configuration: %w", err)
	}
	// A client that leads nowhere: plugins keep one for binding and preemption, which are never asked for.
	client, err := kubernetes.NewForConfig(&rest.Config{})
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	s := &Scheduler{ctx: ctx, informers: informers.NewSharedInformerFactory(client, 0), state: cache.NewEmptySnapshot()}
	devices, err := s.deviceManager(client)
	if err != nil {
		return nil, err
	}
	s.framework, err = runtime.NewFramework(ctx, plugins.NewInTreeRegistry(), &configuration.Profiles[0],
		runtime.WithClientSet(client),
		runtime.WithInformerFactory(s.informers),
		runtime.WithSnapshotSharedLister(s.state),
		runtime.WithMutableSnapshotLister(s.state),
		runtime.WithSharedCSIManager(nodevolumelimits.NewCSIManager(s.informers.Storage().V1().CSINodes().Lister())),
		runtime.WithSharedDRAManager(devices),
		runtime.WithParallelism(1),
	)
	if err != nil {
		return nil, fmt.Errorf("build the scheduling framework: %w", err)
	}
	return s, nil
}

// deviceManager is what the plugins of dynamic resource allocation insist on. It knows of no device.
func (s *Scheduler) deviceManager(client kubernetes.Interface) (fwk.SharedDRAManager, error) {
	resources := s.informers.Resource().V1()
	claims := assumecache.NewAssumeCache(klog.FromContext(s.ctx), resources.ResourceClaims().Informer(), "ResourceClaim", "", nil)
	slices, err := tracker.StartTracker(s.ctx, tracker.Options{SliceInformer: resources.ResourceSlices(), KubeClient: client})
	if err != nil {
		return nil, fmt.Errorf("start the tracker of resource slices: %w", err)
	}
	return dynamicresources.NewDRAManager(s.ctx, claims, slices, s.informers), nil
}

// SetState tells the scheduler which nodes there are and which pods are bound to them by spec.nodeName.
func (s *Scheduler) SetState(nodes []*corev1.Node, bound []*corev1.Pod) {
	*s.state = *cache.NewSnapshot(bound, nodes)
}

// Cycle is one scheduling cycle of a pod, as far as the question where it may run.
type Cycle struct {
	scheduler *Scheduler
	pod       *corev1.Pod
	state     fwk.CycleState
	// early are the nodes that the PreFilter plugins have narrowed the choice to, and narrowed which of them did that.
	early    *fwk.PreFilterResult
	narrowed []string
	refused  *fwk.Status
}

// Begin runs the PreFilter plugins for a pod that is not bound.
func (s *Scheduler) Begin(pod *corev1.Pod) *Cycle {
	c := &Cycle{scheduler: s, pod: pod, state: framework.NewCycleState()}
	var narrowed sets.Set[string]
	c.early, c.refused, narrowed = s.framework.RunPreFilterPlugins(s.ctx, c.state, pod)
	c.narrowed = sets.List(narrowed)
	return c
}

// Refusal says why the pod may not run on a node, or is empty when it may.
func (c *Cycle) Refusal(node string) Refusal {
	if !c.refused.IsSuccess() {
		return refusal(c.refused)
	}
	if !c.early.AllNodes() && !c.early.NodeNames.Has(node) {
		return Refusal{Plugin: strings.Join(c.narrowed, " and "), Message: "the node is not among those that the pod asks for"}
	}
	info, err := c.scheduler.state.NodeInfos().Get(node)
	if err != nil {
		return Refusal{Plugin: "Snapshot", Message: err.Error()}
	}
	return refusal(c.scheduler.framework.RunFilterPlugins(c.scheduler.ctx, c.state, c.pod, info))
}

// Reserve takes what the pod needs beside the node's room, which is volumes, as the scheduler does before it binds. Undo returns it.
func (c *Cycle) Reserve(node string) Refusal {
	return refusal(c.scheduler.framework.RunReservePluginsReserve(c.scheduler.ctx, c.state, c.pod, node))
}

// Undo returns what Reserve took.
func (c *Cycle) Undo(node string) {
	c.scheduler.framework.RunReservePluginsUnreserve(c.scheduler.ctx, c.state, c.pod, node)
}

// Refusal is a plugin's answer. The zero value is no refusal.
type Refusal struct {
	Plugin, Message string
	// Failed says that the plugin could not decide, for example because a pod of the node has a claim that is not its own.
	Failed bool
}

func (r Refusal) String() string { return r.Plugin + ": " + r.Message }

func refusal(status *fwk.Status) Refusal {
	if status.IsSuccess() {
		return Refusal{}
	}
	// A PreFilter result without any node carries no plugin's name.
	return Refusal{Plugin: cmp.Or(status.Plugin(), "PreFilter"), Message: status.Message(), Failed: !status.IsRejected()}
}
