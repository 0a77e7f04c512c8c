package latency

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/extender/feed"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

const (
	// plannedEvery says that each so-many-th node is a machine that was bought for pods.
	plannedEvery = 10
	// changeInterval is the time between two pods that are bound or end.
	changeInterval = 10 * time.Millisecond
	// publishTimeout bounds the wait for a picture of the cluster.
	publishTimeout = time.Minute
)

// cluster is a feed, and what tells it of nodes and pods in place of an API server.
type cluster struct {
	feed                  *feed.Feed
	nodes, pods, machines *controllertest.FakeInformer
}

// newCluster starts a feed that knows so many nodes and running pods, until the context ends.
func newCluster(ctx context.Context, nodes, pods int) (*cluster, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	informers := &informertest.FakeInformers{Scheme: scheme}
	c := &cluster{feed: feed.New(informers)}
	for _, watched := range []struct {
		informer **controllertest.FakeInformer
		kind     client.Object
	}{{&c.nodes, &corev1.Node{}}, {&c.pods, &corev1.Pod{}}, {&c.machines, &v1alpha1.VPSieNode{}}} {
		var err error
		if *watched.informer, err = informers.FakeInformerFor(ctx, watched.kind); err != nil {
			return nil, err
		}
	}
	failed := make(chan error, 1)
	go func() { failed <- c.feed.Start(ctx) }()
	if err := await(ctx, failed, func() bool { return c.feed.Snapshot() != nil }); err != nil { // only then it listens
		return nil, err
	}
	c.fill(nodes, pods)
	last := (nodes - 1) / plannedEvery * plannedEvery // was told last
	err := await(ctx, failed, func() bool {
		return c.feed.Snapshot().Score(score.Pod{Key: build.Namespace + "/" + podName(last)}, nodeName(last)) == score.Planned
	})
	return c, err
}

// await returns when the feed shows what is wanted.
func await(ctx context.Context, failed <-chan error, shown func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	for !shown() {
		select {
		case err := <-failed:
			return fmt.Errorf("the feed ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("the feed does not show what it was told: %w", ctx.Err())
		case <-time.After(feed.Interval):
		}
	}
	return nil
}

func (c *cluster) fill(nodes, pods int) {
	for i := range nodes {
		c.nodes.Add(build.Node(nodeName(i)).Ready().Allocatable("16", "64Gi").Obj())
	}
	for i := range pods {
		c.pods.Add(bound(i, nodes))
	}
	for i := 0; i < nodes; i += plannedEvery {
		machine := &v1alpha1.VPSieNode{}
		machine.Namespace, machine.Name = build.Namespace, nodeName(i)
		machine.Spec.Decision.PriceNanosPerHour = int64(60_000_000 + i)
		machine.Spec.Decision.Pods = []string{build.Namespace + "/" + podName(i)}
		c.machines.Add(machine)
	}
}

// churn binds and ends pods until the context ends.
func (c *cluster) churn(ctx context.Context, nodes, pods int) {
	ticker := time.NewTicker(changeInterval)
	defer ticker.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			pod := bound(pods+i/2, nodes)
			if i%2 == 0 {
				c.pods.Add(pod)
			} else {
				c.pods.Delete(pod)
			}
		}
	}
}

func bound(i, nodes int) *corev1.Pod {
	return build.Pod(podName(i)).Requests("500m", "512Mi").On(nodeName(i % nodes)).Obj()
}

func nodeName(i int) string { return fmt.Sprintf("general-purpose-frankfurt-%05d", i) }

func podName(i int) string { return fmt.Sprintf("cart-7d4b9c6f5-%06d", i) }
