package throughput

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
	"github.com/vpsie/vpsie-autoscaler/test/diary"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/bare"
)

const (
	// schedulerName is that of the scheduler under test; the cluster's own one leaves its pods alone.
	schedulerName = "measured"
	// placing bounds one round.
	placing  = 5 * time.Minute
	interval = 50 * time.Millisecond
)

// run creates the pods, starts a scheduler that finds all of them waiting, and returns how many it places in a second.
func (b *bench) run(ctx context.Context, callee callee) (rate float64, err error) {
	err = bare.CreatePods(ctx, b.client, namespace, b.options.Pods, func(i int) *corev1.Pod {
		return bare.Pod(fmt.Sprintf("pod-%d", i), schedulerName, "100m", "128Mi")
	})
	if err != nil {
		return 0, err
	}
	before, err := callee.count(ctx)
	if err != nil {
		return 0, err
	}
	if rate, err = b.place(ctx, callee); err != nil {
		return 0, err
	}
	after, err := callee.count(ctx)
	if err != nil {
		return 0, err
	}
	if asked := after - before; callee.answered != nil && asked < b.options.Pods {
		return 0, fmt.Errorf("it has answered %d requests for %d pods: the figures would be those of a scheduler without it", asked, b.options.Pods)
	}
	return rate, bare.DeletePods(ctx, b.client, namespace)
}

// place lets a scheduler place all pods.
func (b *bench) place(ctx context.Context, callee callee) (rate float64, err error) {
	watched, stop := context.WithCancel(ctx)
	defer stop()
	seen, err := diary.Start(watched, b.stack.Cluster.Config(), namespace)
	if err != nil {
		return 0, err
	}
	scheduler, err := b.startScheduler(ctx, callee)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, scheduler.Stop()) }()
	err = wait.PollUntilContextTimeout(ctx, interval, placing, true, func(context.Context) (bool, error) {
		return seen.Bound() == b.options.Pods, nil
	})
	if err != nil {
		return 0, fmt.Errorf("%d of %d pods are placed: %w\n%s", seen.Bound(), b.options.Pods, err, scheduler.Tail())
	}
	for _, bad := range []string{`result="unschedulable"`, `result="error"`} {
		if count, err := scheduler.Metric(ctx, "scheduler_schedule_attempts_total", bad); err != nil || count > 0 {
			return 0, errors.Join(err, fmt.Errorf("%v attempts ended with %s, want none", count, bad))
		}
	}
	return Rate(seen.Entries()), nil
}

func (b *bench) startScheduler(ctx context.Context, callee callee) (*kubescheduler.Scheduler, error) {
	configuration, err := kubescheduler.ReadConfiguration(b.stack.SchedulerConfig())
	if err != nil {
		return nil, err
	}
	configuration.Serve(schedulerName)
	if b.options.QPS > 0 {
		configuration.Set("clientConnection", "qps", b.options.QPS)
		configuration.Set("clientConnection", "burst", 2*b.options.QPS)
	}
	callee.bend(configuration)
	b.round++
	dir, err := b.folder(fmt.Sprintf("round-%d", b.round))
	if err != nil {
		return nil, err
	}
	flags, err := configuration.Write(dir, b.stack.Cluster.Kubeconfig)
	if err != nil {
		return nil, err
	}
	return kubescheduler.Start(ctx, kubescheduler.Options{Binary: b.binary, Dir: dir, Flags: flags})
}

func (c callee) count(ctx context.Context) (int, error) {
	if c.answered == nil {
		return 0, nil
	}
	return c.answered(ctx)
}
