package agreement

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/test/diary"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/bare"
)

const (
	interval = 200 * time.Millisecond
	// placing bounds the wait for all pods; with the realistic cloud it takes some minutes.
	placing = 15 * time.Minute
)

// Options say what is measured.
type Options struct {
	// Root is the repository, with its binaries built.
	Root string
	// Nodes are there before, Ready and full; Pods come all at once.
	Nodes, Pods int
	// Cores are those of the machines that may be bought.
	Cores Cores
	// Seed draws the workload.
	Seed uint64
	// Latency is how fast the simulated cloud is: realistic, fast or none.
	Latency string
	// Percentage is percentageOfNodesToScore; zero leaves the scheduler's default.
	Percentage int
	// Together starts the controller only when all pods are there, so that its first plan is for all of them.
	Together bool
	// Keep is a folder for the logs of all processes. Empty keeps none.
	Keep string
	// Progress gets a line now and then.
	Progress io.Writer
}

// run is one measurement.
type run struct {
	options Options
	stack   *stack.Stack
	client  kubernetes.Interface
	// machines are the VPSieNodes that were seen, by name.
	machines map[string]v1alpha1.VPSieNode
}

// Measure starts the product, lets pods come, and tells where they went when all have a node. Pods that stay without are an error.
func Measure(ctx context.Context, options Options) (outcome *Outcome, err error) {
	dir, clean, err := folder(options)
	if err != nil {
		return nil, err
	}
	defer clean()
	settings := map[string]any{}
	if options.Percentage > 0 {
		settings["percentageOfNodesToScore"] = options.Percentage
	}
	r := &run{options: options, machines: map[string]v1alpha1.VPSieNode{}}
	r.stack, err = stack.Start(ctx, stack.Options{Root: options.Root, Dir: dir, Latency: options.Latency, Scheduler: settings})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.stack.Stop()) }()
	if r.client, err = bare.Client(r.stack.Cluster.Config()); err != nil {
		return nil, err
	}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	seen, err := diary.Start(ctx, r.stack.Cluster.Config(), namespace)
	if err != nil {
		return nil, err
	}
	if err := r.deploy(ctx, seen); err != nil {
		return nil, err
	}
	if err := r.await(ctx, seen); err != nil {
		return nil, err
	}
	return newOutcome(seen.Entries(), r.machines), nil
}

// folder is where the processes keep their files.
func folder(options Options) (dir string, clean func(), err error) {
	if options.Keep != "" {
		dir = filepath.Join(options.Keep, fmt.Sprintf("cores-%d-%d-seed-%d-percentage-%d", options.Cores.Least, options.Cores.Most, options.Seed, options.Percentage))
		return dir, func() {}, os.MkdirAll(dir, 0o700)
	}
	dir, err = os.MkdirTemp("", "agreement")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// prepare fills the cluster with Nodes on which one pod takes everything, and makes the groups.
func (r *run) prepare(ctx context.Context) error {
	for _, name := range []string{"full", namespace} {
		if err := bare.CreateNamespace(ctx, r.client, name); err != nil {
			return err
		}
	}
	const cpu, memory = "2", "4Gi"
	err := bare.CreateNodes(ctx, r.client, r.options.Nodes, func(i int) *corev1.Node { return bare.Played(bare.Node(i, cpu, memory)) })
	if err != nil {
		return err
	}
	err = bare.CreatePods(ctx, r.client, "full", r.options.Nodes, func(i int) *corev1.Pod {
		pod := bare.Pod(fmt.Sprintf("full-%d", i), corev1.DefaultSchedulerName, cpu, memory)
		pod.Spec.NodeName = bare.NodeName(i)
		return pod
	})
	if err != nil {
		return err
	}
	if err := bare.AwaitUntainted(ctx, r.client); err != nil {
		return err
	}
	datacenter, found := catalogue.FindDatacenter(r.stack.Simulator.Datacenters[0].Identifier)
	if !found {
		return fmt.Errorf("the simulated cloud does not know its own data centre %v", r.stack.Simulator.Datacenters[0])
	}
	for _, group := range groups(datacenter, r.options.Cores) {
		if err := r.stack.Client.Create(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// deploy creates the workload.
func (r *run) deploy(ctx context.Context, seen *diary.Diary) error {
	if r.options.Together {
		if err := r.stack.StopController(); err != nil {
			return err
		}
	}
	for _, deployment := range Deployments(r.options.Seed, r.options.Pods) {
		if err := r.stack.Client.Create(ctx, deployment); err != nil {
			return err
		}
	}
	if !r.options.Together {
		return nil
	}
	err := wait.PollUntilContextTimeout(ctx, interval, placing, true, func(context.Context) (bool, error) {
		return len(seen.Entries()) == r.options.Pods, nil
	})
	if err != nil {
		return fmt.Errorf("%d of %d pods are there: %w", len(seen.Entries()), r.options.Pods, err)
	}
	return r.stack.StartController(ctx)
}

// await returns when all pods have a node. On the way it remembers all machines.
func (r *run) await(ctx context.Context, seen *diary.Diary) error {
	ctx, cancel := context.WithTimeout(ctx, placing)
	defer cancel()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for begin, last := time.Now(), -1; ; {
		var list v1alpha1.VPSieNodeList
		if err := r.stack.Client.List(ctx, &list); err != nil {
			return err
		}
		for _, machine := range list.Items {
			r.machines[machine.Name] = machine
		}
		bound := seen.Bound()
		if bound != last {
			fmt.Fprintf(r.options.Progress, "%5.1f s  %d of %d pods placed, %d machines bought\n", time.Since(begin).Seconds(), bound, r.options.Pods, len(r.machines))
			last = bound
		}
		if bound == r.options.Pods {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d pods are placed, on %d machines: %w\n%s", bound, r.options.Pods, len(r.machines), ctx.Err(),
				r.stack.Process(stack.Controller).Tail())
		case <-ticker.C:
		}
	}
}
