package eviction_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/rebalancer/drain"
)

func TestOurOwnDrainWaitsToo(t *testing.T) {
	s := newSite(t, "own", 0)
	s.pod("held", map[string]string{"autoscaler.vpsie.com/do-not-disrupt": "true"})
	s.known("held")
	api, err := client.New(s.cluster.Config(), client.Options{Scheme: build.Scheme()})
	s.must("make a client", err)
	drainer := &drain.Drainer{Client: api, Live: api, Evicted: func(*corev1.Node) {}}
	turn := func(ctx context.Context) (bool, string, error) {
		var node corev1.Node
		if err := api.Get(ctx, client.ObjectKey{Name: s.drained}, &node); err != nil {
			return false, "", err
		}
		return drainer.Drain(ctx, &node)
	}
	s.eventually("the drain to say what it waits for", func(ctx context.Context) error {
		done, message, err := turn(ctx)
		if err != nil || done || !strings.Contains(message, `DoNotDisrupt: pod held has the annotation autoscaler.vpsie.com/do-not-disrupt="true"`) {
			return fmt.Errorf("done %t, %q, %w", done, message, err)
		}
		return nil
	})
	s.patchPod("held", `{"metadata":{"annotations":{"autoscaler.vpsie.com/do-not-disrupt":null}}}`)
	s.eventually("the drain to end", func(ctx context.Context) error {
		done, message, err := turn(ctx)
		if err != nil || !done {
			return fmt.Errorf("%q, %w", message, err)
		}
		return nil
	})
}
