package burst

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/bare"
)

const (
	namespace = "burst"
	// schedulerName is that of the scheduler under test; the cluster's own one leaves its pods alone.
	schedulerName = "measured"
	// patience bounds each step.
	patience = 10 * time.Minute
	interval = 10 * time.Millisecond
	// nodes are there, each too small for any of the pods.
	nodes = 100
)

// Options say how much is measured.
type Options struct {
	// Root is the repository.
	Root string
	// Pods are made by so many ReplicaSets.
	Pods, Owners int
	// Progress gets a line for each step.
	Progress io.Writer
}

// Outcome is how long it took.
type Outcome struct {
	Pods, Owners int
	// Creation is the time from the first request for an owner until the detector knew all pods, before the scheduler was started.
	Creation time.Duration
	// Waiting is the time from the first refusal that the detector saw until it counted all pods as waiting.
	Waiting time.Duration
	// Flagged is the time from that refusal until the scheduler had refused every pod.
	Flagged time.Duration
}

// Measure makes the pods, starts a scheduler that finds all of them waiting, and watches what the detector makes of its verdicts. A pod
// that the detector loses is an error.
func Measure(ctx context.Context, options Options) (outcome *Outcome, err error) {
	dir, err := os.MkdirTemp("", "burst")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	product, err := stack.StartExtender(ctx, stack.Options{Root: options.Root, Dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, product.Stop()) }()
	client, err := prepare(ctx, product)
	if err != nil {
		return nil, err
	}
	watched, stop := context.WithCancel(ctx)
	defer stop()
	seen, err := watch(watched, product.Cluster.Config())
	if err != nil {
		return nil, err
	}
	outcome = &Outcome{Pods: options.Pods, Owners: options.Owners}
	if outcome.Creation, err = create(ctx, client, seen, options); err != nil {
		return nil, err
	}
	fmt.Fprintf(options.Progress, "%d pods of %d owners made in %.1f s\n", options.Pods, options.Owners, outcome.Creation.Seconds())
	scheduler, err := startScheduler(ctx, product, options.Root, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, scheduler.Stop()) }()
	return outcome, observe(ctx, scheduler, seen, outcome)
}

// prepare makes a cluster that is too small.
func prepare(ctx context.Context, product *stack.Stack) (kubernetes.Interface, error) {
	client, err := bare.Client(product.Cluster.Config())
	if err != nil {
		return nil, err
	}
	if err := bare.CreateNamespace(ctx, client, namespace); err != nil {
		return nil, err
	}
	return client, bare.CreateNodes(ctx, client, nodes, func(i int) *corev1.Node { return bare.Node(i, "2", "4Gi") })
}

// create makes the owners and waits until the detector knows all pods.
func create(ctx context.Context, client kubernetes.Interface, seen *observer, options Options) (time.Duration, error) {
	began := time.Now()
	err := bare.Repeat(ctx, options.Owners, func(ctx context.Context, i int) error {
		replicas := options.Pods / options.Owners
		if i < options.Pods%options.Owners {
			replicas++
		}
		_, err := client.AppsV1().ReplicaSets(namespace).Create(ctx, owner(i, int32(replicas)), metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return 0, err
	}
	err = await(ctx, func() bool { return seen.pods() >= options.Pods })
	if err != nil {
		return 0, fmt.Errorf("%d of %d pods are made: %w", seen.pods(), options.Pods, err)
	}
	return time.Since(began), nil
}

func owner(i int, replicas int32) *appsv1.ReplicaSet {
	name := fmt.Sprintf("owner-%03d", i)
	labels := map[string]string{"app": name}
	return &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: bare.PodSpec(schedulerName, "8", "1Gi")},
		},
	}
}

// observe notes when the detector counts all pods, and when the scheduler has refused the last one.
func observe(ctx context.Context, scheduler *kubescheduler.Scheduler, seen *observer, outcome *Outcome) error {
	var all time.Time
	err := await(ctx, func() bool {
		waiting, err := seen.waiting(ctx)
		all = time.Now()
		return err == nil && waiting == outcome.Pods
	})
	if err != nil {
		waiting, cause := seen.waiting(ctx)
		return fmt.Errorf("%d of %d pods wait: %w\n%s", waiting, outcome.Pods, errors.Join(err, cause), scheduler.Tail())
	}
	outcome.Waiting = all.Sub(seen.firstRefusal())
	if err := await(ctx, func() bool { return seen.refused() == outcome.Pods }); err != nil {
		return fmt.Errorf("%d of %d pods are refused: %w\n%s", seen.refused(), outcome.Pods, err, scheduler.Tail())
	}
	outcome.Flagged = seen.lastRefusal().Sub(seen.firstRefusal())
	return nil
}

// startScheduler runs the shipped configuration for the pods of the burst.
func startScheduler(ctx context.Context, product *stack.Stack, root, dir string) (*kubescheduler.Scheduler, error) {
	configuration, err := kubescheduler.ReadConfiguration(product.SchedulerConfig())
	if err != nil {
		return nil, err
	}
	configuration.Serve(schedulerName)
	flags, err := configuration.Write(dir, product.Cluster.Kubeconfig)
	if err != nil {
		return nil, err
	}
	binary, err := kubescheduler.Binary(root)
	if err != nil {
		return nil, err
	}
	return kubescheduler.Start(ctx, kubescheduler.Options{Binary: binary, Dir: dir, Flags: flags})
}

func await(ctx context.Context, done func() bool) error {
	return wait.PollUntilContextTimeout(ctx, interval, patience, true, func(context.Context) (bool, error) { return done(), nil })
}
