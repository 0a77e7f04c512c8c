package main

import (
	"context"
	"sync"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
)

// rediscoverAfter is how long new machines are told the same about the cluster, so that a hundred of them cost one request. A new
// authority of the cluster is seen after it.
const rediscoverAfter = 10 * time.Second

// clusterToJoin tells new machines what to join.
type clusterToJoin struct {
	process *process

	mu    sync.Mutex
	found bootstrap.Cluster
	asOf  time.Time
}

func (c *clusterToJoin) get(ctx context.Context) (bootstrap.Cluster, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.asOf) < rediscoverAfter {
		return c.found, nil
	}
	found, err := bootstrap.Discover(ctx, c.process.manager.GetAPIReader())
	if err != nil {
		return bootstrap.Cluster{}, err
	}
	found.KubernetesVersion = c.process.version
	if endpoint := c.process.settings.Cluster.APIServerEndpoint; endpoint != "" {
		found.Endpoint = endpoint
	}
	c.found, c.asOf = found, time.Now()
	return found, nil
}
