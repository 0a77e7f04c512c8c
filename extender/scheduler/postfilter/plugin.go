package postfilter

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

// Name is that of the plugin in the scheduler's configuration.
const Name = diagnosis.Plugin

// Plugin tells the controller why pods fit on no node.
type Plugin struct {
	handle fwk.Handle
	queue  chan<- failure
}

var _ fwk.PostFilterPlugin = (*Plugin)(nil)

// failure is a failed Filter phase.
type failure struct {
	pod    diagnosis.Pod
	nodes  int
	groups []diagnosis.Group
}

// New makes the plugin for a profile. It delivers until the context ends.
func New(ctx context.Context, object runtime.Object, handle fwk.Handle) (fwk.Plugin, error) {
	args, err := readArgs(object)
	if err != nil {
		return nil, fmt.Errorf("pluginConfig of %s: %w", Name, err)
	}
	courier, err := newCourier(args, klog.LoggerWithName(klog.FromContext(ctx), Name))
	if err != nil {
		return nil, fmt.Errorf("pluginConfig of %s: %w", Name, err)
	}
	registerMetrics()
	queue := make(chan failure, args.QueueSize)
	outbox := &outbox{queue: queue, recent: newRecent(args.RepeatAfter.Duration), deliver: courier.deliver}
	go outbox.run(ctx)
	return &Plugin{handle: handle, queue: queue}, nil
}

// Name is that of the plugin.
func (p *Plugin) Name() string { return Name }

// PostFilter notes what the Filter phase found and lets the scheduler go on. It makes no pod schedulable, and gives no reason, so that
// the pod's condition reads as without it.
func (p *Plugin) PostFilter(_ context.Context, _ fwk.CycleState, pod *corev1.Pod, statuses fwk.NodeToStatusReader) (*fwk.PostFilterResult, *fwk.Status) {
	if nodes, err := p.handle.SnapshotSharedLister().NodeInfos().List(); err == nil {
		p.note(failure{
			pod:   diagnosis.Pod{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID, Generation: pod.Generation},
			nodes: len(nodes), groups: group(nodes, statuses),
		})
	}
	return nil, fwk.NewStatus(fwk.Unschedulable)
}

// note puts the failure into the queue if it has room.
func (p *Plugin) note(f failure) {
	select {
	case p.queue <- f:
	default:
		count(resultDropped, 1)
	}
}
