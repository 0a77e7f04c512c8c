package throughput

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/bare"
)

// namespace holds the pods.
const namespace = "throughput"

// Options say how much is measured.
type Options struct {
	// Root is the repository.
	Root string
	// Nodes is the size of the cluster, Pods how many are placed in each round, Rounds how often each arm has its turn.
	Nodes, Pods, Rounds int
	// QPS takes the place of the requests a second that the scheduler is shipped with, and twice that of its burst. Zero leaves both.
	QPS int
	// Progress gets a line for each round.
	Progress io.Writer
}

// bench is a running measurement.
type bench struct {
	options Options
	dir     string
	binary  string
	stack   *stack.Stack
	client  kubernetes.Interface
	round   int
}

// Measure lets the arms take turns and returns their rates. Pods that are not placed, cycles that fail, and an extender that was not
// asked are errors.
func Measure(ctx context.Context, options Options) (arms []Arm, err error) {
	dir, err := os.MkdirTemp("", "throughput")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b := &bench{options: options, dir: dir}
	if b.stack, err = stack.StartExtender(ctx, stack.Options{Root: options.Root, Dir: dir, Progress: options.Progress}); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.stack.Stop()) }()
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	callees, err := b.callees(ctx)
	if err != nil {
		return nil, err
	}
	for _, callee := range callees {
		arms = append(arms, Arm{Name: callee.name})
	}
	for range options.Rounds {
		for i, callee := range callees {
			rate, err := b.run(ctx, callee)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", callee.name, err)
			}
			arms[i].Rates = append(arms[i].Rates, rate)
			fmt.Fprintf(options.Progress, "%-24s %.0f pods/s\n", callee.name, rate)
		}
	}
	return arms, nil
}

// prepare fills the cluster with Nodes.
func (b *bench) prepare(ctx context.Context) error {
	var err error
	if b.binary, err = kubescheduler.Binary(b.options.Root); err != nil {
		return err
	}
	if b.client, err = bare.Client(b.stack.Cluster.Config()); err != nil {
		return err
	}
	if err := bare.CreateNamespace(ctx, b.client, namespace); err != nil {
		return err
	}
	return bare.CreateNodes(ctx, b.client, b.options.Nodes, func(i int) *corev1.Node { return bare.Node(i, "32", "128Gi") })
}

// folder makes a folder for files.
func (b *bench) folder(name string) (string, error) {
	dir := filepath.Join(b.dir, name)
	return dir, os.Mkdir(dir, 0o700)
}
