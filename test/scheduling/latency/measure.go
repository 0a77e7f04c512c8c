package latency

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/mtls"
)

// Options say how much is measured.
type Options struct {
	// Nodes and Pods are the size of the cluster.
	Nodes, Pods int
	// Clients call at the same time, each over a connection of its own.
	Clients int
	// Rate is how many requests a second they send together. Zero: each sends the next as soon as it has the answer.
	Rate int
	// Requests is how many requests are sent for each number of names.
	Requests int
	// Names are the numbers of names in a request.
	Names []int
}

// Row is what requests of one size took.
type Row struct {
	Names int
	// CPU is what each request took of a processor, from its header to the end of its answer. Server is the time that passed, Client that
	// from before the request was sent to after the answer was read. They are in no order.
	CPU, Server, Client []time.Duration
	// Elapsed is how long all of them took.
	Elapsed time.Duration
}

// Measure calls the extender. An answer that is not 200 or has not a score for every name is an error.
func Measure(ctx context.Context, options Options) ([]Row, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	dir, err := os.MkdirTemp("", "latency")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files, err := stack.WriteCertificates(dir)
	if err != nil {
		return nil, err
	}
	cluster, err := newCluster(ctx, options.Nodes, options.Pods)
	if err != nil {
		return nil, err
	}
	handler, err := extender.NewHandler(cluster.feed, extender.Options{Prioritize: true})
	if err != nil {
		return nil, err
	}
	watch := &stopwatch{next: handler}
	address, err := mtls.Serve(ctx, files, watch)
	if err != nil {
		return nil, err
	}
	go cluster.churn(ctx, options.Nodes, options.Pods)
	url := "https://" + address + extender.PathPrefix + "/prioritize"
	var rows []Row
	for _, names := range options.Names {
		crowd, err := newCrowd(files, url, options, names)
		if err != nil {
			return nil, err
		}
		if err := crowd.warmUp(ctx); err != nil {
			return nil, err
		}
		watch.take()
		row := Row{Names: names}
		began := time.Now()
		if row.Client, err = crowd.call(ctx); err != nil {
			return nil, fmt.Errorf("%d names: %w", names, err)
		}
		row.Elapsed = time.Since(began)
		row.CPU, row.Server = watch.take()
		rows = append(rows, row)
	}
	return rows, nil
}
