package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	v1alpha1 "github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc"
	"github.com/vpsie/vpsie-autoscaler/provisioner/group"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
	"github.com/vpsie/vpsie-autoscaler/provisioner/lifecycle"
	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
	"github.com/vpsie/vpsie-autoscaler/rebalancer"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/drain"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/repair"
)

const (
	// retryInterval is how long to wait after a refusal that only people can end.
	retryInterval = 30 * time.Second
	// scaleDownSettle is how long a cordoned node is watched for pods that were being bound to it.
	scaleDownSettle = time.Second
)

// addController adds the part that buys, joins and removes machines.
func (p *process) addController(ctx context.Context) error {
	shop, err := p.shop()
	if err != nil {
		return err
	}
	names, err := p.hostnames(ctx)
	if err != nil {
		return err
	}
	settings := p.settings.Controller
	demand, err := unschedulable.NewDetector(ctx, p.manager.GetCache(), unschedulable.Rules{
		SchedulerNames: settings.SchedulerNames, FallbackAge: settings.PendingPodAge,
	})
	if err != nil {
		return err
	}
	found, err := unschedulable.NewMetrics(metrics.Registry)
	if err != nil {
		return err
	}
	demand.Measure(found)
	demand.Locate(func(node string) bool {
		return !apierrors.IsNotFound(p.manager.GetClient().Get(ctx, client.ObjectKey{Name: node}, &corev1.Node{}, client.UnsafeDisableDeepCopy))
	})
	if err := p.addDiagnosis(demand); err != nil {
		return err
	}
	planner := provisioner.New(provisioner.Parts{
		Client: p.manager.GetClient(), Demand: demand, Diagnoser: demand, Market: shop.market, Metrics: shop.meters,
		Events: p.manager.GetEventRecorder("vpsie-provisioner"), Log: p.log,
	}, provisioner.Options{
		Window:    provisioner.Window{Idle: settings.BatchIdle, Max: settings.BatchMax},
		Resync:    settings.ResyncInterval,
		Hostnames: names,
		ImageID:   p.settings.VPSie.ImageID,
		SSHKeyIDs: p.settings.VPSie.SSHKeyIDs,
		Limits:    limitsOf(settings),
		Policy:    policyOf(settings),
	})
	if err := p.manager.Add(planner); err != nil {
		return err
	}
	groups := &group.Reconciler{Parts: group.Parts{
		Client: p.manager.GetClient(), Market: shop.market, Short: planner.Trigger, Metrics: shop.meters, Recheck: settings.ResyncInterval,
	}}
	if err := groups.Setup(p.manager); err != nil {
		return fmt.Errorf("set up the NodeGroup controller: %w", err)
	}
	return p.addNodeControllers(ctx, nodeParts{shop, names, planner})
}

// nodeParts are what the controllers of single nodes share with the rest of the controller.
type nodeParts struct {
	*shop
	names   hostnames.Scheme
	planner *provisioner.Provisioner
}

// addNodeControllers adds the lives of nodes and the decision to end them.
func (p *process) addNodeControllers(ctx context.Context, parts nodeParts) error {
	settings := p.settings.Controller
	drainer := &drain.Drainer{
		Client: p.manager.GetClient(), Live: p.manager.GetAPIReader(),
		Evicted: func(node *corev1.Node) {
			parts.meters.PodsEvicted.WithLabelValues(node.Labels[v1alpha1.LabelNodeGroup], node.Labels[v1alpha1.LabelNodeGroupNamespace]).Inc()
		},
	}
	lives := lifecycle.New(lifecycle.Parts{
		Client:    p.manager.GetClient(),
		Live:      p.manager.GetAPIReader(),
		Provider:  parts.provider,
		Inventory: lifecycle.NewInventory(parts.provider, parts.names.Prefix),
		Tokens:    &bootstrap.Tokens{Client: p.manager.GetClient(), Lifetime: settings.LaunchTimeout + settings.JoinTimeout},
		Cluster:   (&clusterToJoin{process: p}).get,
		Sources:   bootstrap.Sources{Reader: p.manager.GetAPIReader()},
		Drainer:   drainer,
		Market:    parts.market,
		Released:  parts.planner.Trigger,
		Gone:      parts.planner.Forget,
		Metrics:   parts.meters,
		Events:    p.manager.GetEventRecorder("vpsie-lifecycle"),
	}, lifecycle.Options{
		LaunchTimeout: settings.LaunchTimeout,
		JoinTimeout:   settings.JoinTimeout,
		LostTimeout:   settings.LostTimeout,
		PollInterval:  settings.PollInterval,
		RetryInterval: retryInterval,
		AwaitOpening:  settings.StartupTaintTimeout > 0,
		ClusterID:     parts.names.ClusterID,
		Version:       version(),
	})
	if err := lives.Setup(ctx, p.manager); err != nil {
		return fmt.Errorf("set up the VPSieNode controller: %w", err)
	}
	var refusals opening.Refusals
	if err := refusals.Watch(ctx, p.manager.GetCache()); err != nil {
		return err
	}
	opener := opening.New(opening.Parts{
		Client: p.manager.GetClient(), Planned: parts.planner.Planned, Refused: refusals.Last, Metrics: parts.meters,
		Events: p.manager.GetEventRecorder("vpsie-opening"), Patience: settings.StartupTaintTimeout, Together: settings.OpenTogether,
	})
	if err := opener.Setup(p.manager); err != nil {
		return fmt.Errorf("set up the controller that opens Nodes: %w", err)
	}
	scaleDown := &rebalancer.ScaleDown{Parts: rebalancer.Parts{
		Client: p.manager.GetClient(), Live: p.manager.GetAPIReader(), Drainer: drainer, Metrics: parts.meters,
		Events: p.manager.GetEventRecorder("vpsie-rebalancer"), Settle: scaleDownSettle,
	}}
	if err := scaleDown.Setup(ctx, p.manager); err != nil {
		return fmt.Errorf("set up the scale-down controller: %w", err)
	}
	return p.addSafeguards(parts, drainer)
}

// addSafeguards adds what notices that nodes have failed or that something is left over.
func (p *process) addSafeguards(parts nodeParts, drainer *drain.Drainer) error {
	replace := repair.New(repair.Parts{
		Client: p.manager.GetClient(), Live: p.manager.GetAPIReader(), Metrics: parts.meters,
		Events: p.manager.GetEventRecorder("vpsie-repair"), Timeout: p.settings.Controller.UnhealthyTimeout,
	})
	if err := replace.Setup(p.manager); err != nil {
		return fmt.Errorf("set up the repair controller: %w", err)
	}
	return p.manager.Add(gc.New(gc.Parts{
		Client: p.manager.GetClient(), Live: p.manager.GetAPIReader(), Provider: parts.provider, Drainer: drainer,
		Metrics: parts.meters, Events: p.manager.GetEventRecorder("vpsie-gc"), Log: p.log,
	}, gc.Options{Names: parts.names, GracePeriod: p.settings.Controller.OrphanGracePeriod}))
}

// hostnames says how the machines of this cluster are called. Without a configured name the prefix follows from the UID of
// kube-system, which no two clusters share.
func (p *process) hostnames(ctx context.Context) (hostnames.Scheme, error) {
	var namespace corev1.Namespace
	if err := p.manager.GetAPIReader().Get(ctx, client.ObjectKey{Name: metav1.NamespaceSystem}, &namespace); err != nil {
		return hostnames.Scheme{}, fmt.Errorf("tell this cluster from others by the UID of namespace kube-system: %w", err)
	}
	scheme := hostnames.Scheme{Prefix: "v" + string(namespace.UID)[:8] + "-", ClusterID: string(namespace.UID)}
	if name := p.settings.Cluster.Name; name != "" {
		scheme.Prefix = name + "-"
	}
	return scheme, nil
}
