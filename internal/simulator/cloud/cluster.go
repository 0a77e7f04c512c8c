package cloud

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// Reasons for which a managed cluster refuses a change; test for them with errors.Is.
var (
	ErrUnknownCluster = errors.New("cluster not found")
	ErrUnknownGroup   = errors.New("node group not found")
	ErrUnknownWorker  = errors.New("node not found")
	ErrSizeTaken      = errors.New("another group of the cluster has the same size")
	ErrWorkerLimit    = errors.New("worker limit of the cluster reached")
)

// ClusterOptions describe a managed Kubernetes cluster that exists from the start.
type ClusterOptions struct {
	Identifier   string
	Name         string // as the platform writes it, such as HEL-Kubernetes-49ab
	Version      string // of Kubernetes, without "v"
	DatacenterID string // an unknown one stands for the first
	// WorkerLimit is how many workers the cluster may have at a time; 0 is no limit.
	WorkerLimit int
}

// Membership tells what a worker belongs to.
type Membership struct {
	ClusterID string
	GroupID   int // 0 for a worker outside every group
}

// Cluster is a managed cluster at one moment.
type Cluster struct {
	ClusterOptions
	Datacenter catalogue.Datacenter
	Created    time.Time
	Workers    int // accepted and not yet gone
}

// Group is a node group of a managed cluster at one moment: workers of one size.
type Group struct {
	ID         int
	Identifier string
	Name       string
	ClusterID  string
	Plan       catalogue.Plan // its ID is the size of the group
	Datacenter catalogue.Datacenter
	Created    time.Time
	Workers    int // accepted and not yet gone
}

// SizeTakenError is ErrSizeTaken with the name of the group that has the size.
type SizeTakenError struct{ Group string }

// Error implements error.
func (e SizeTakenError) Error() string { return fmt.Sprintf("%v: %s", ErrSizeTaken, e.Group) }

// Is makes errors.Is find ErrSizeTaken.
func (e SizeTakenError) Is(target error) bool { return target == ErrSizeTaken }

// cluster is a managed cluster and its groups.
type cluster struct {
	Cluster
	groups []Group
	added  int // workers there ever were
}

func newCluster(options ClusterOptions) *cluster {
	datacenter, known := catalogue.FindDatacenter(options.DatacenterID)
	if !known {
		datacenter = catalogue.Datacenters[0]
	}
	return &cluster{Cluster: Cluster{ClusterOptions: options, Datacenter: datacenter, Created: time.Now()}}
}

// Clusters returns all managed clusters.
func (c *Cloud) Clusters() []Cluster {
	c.mu.Lock()
	defer c.mu.Unlock()
	clusters := []Cluster{}
	for _, k := range c.clusters {
		clusters = append(clusters, c.describe(k))
	}
	return clusters
}

// Cluster returns the managed cluster with the identifier, or ErrUnknownCluster.
func (c *Cloud) Cluster(identifier string) (Cluster, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, err := c.cluster(identifier)
	if err != nil {
		return Cluster{}, err
	}
	return c.describe(k), nil
}

// Groups returns the node groups of a managed cluster, or ErrUnknownCluster.
func (c *Cloud) Groups(clusterID string) ([]Group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, err := c.cluster(clusterID)
	if err != nil {
		return nil, err
	}
	groups := slices.Clone(k.groups)
	for i, group := range groups {
		groups[i].Workers = len(c.workers(Membership{clusterID, group.ID}))
	}
	return groups, nil
}

// AddGroup makes a node group. The errors are ErrUnknownCluster, ErrNotSold and ErrSizeTaken.
func (c *Cloud) AddGroup(clusterID, name string, size int) (Group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, err := c.cluster(clusterID)
	if err != nil {
		return Group{}, err
	}
	plans := k.Datacenter.Plans()
	at := slices.IndexFunc(plans, func(p catalogue.Plan) bool { return p.ID == size })
	if at < 0 {
		return Group{}, fmt.Errorf("size %d in %s: %w", size, k.Datacenter.Name, ErrNotSold)
	}
	if taken := slices.IndexFunc(k.groups, func(g Group) bool { return g.Plan.ID == size }); taken >= 0 {
		return Group{}, SizeTakenError{Group: k.groups[taken].Name}
	}
	c.groups++
	group := Group{
		ID: c.groups, Identifier: fmt.Sprintf("%08x-5a13-11f0-b000-%s", c.groups, uuidTail), Name: name, ClusterID: clusterID,
		Plan: plans[at], Datacenter: k.Datacenter, Created: time.Now(),
	}
	k.groups = append(k.groups, group)
	return group, nil
}

// DeleteGroup removes a node group with its workers. It reports false when there is no such group.
func (c *Cloud) DeleteGroup(identifier string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.clusters {
		at := slices.IndexFunc(k.groups, func(g Group) bool { return g.Identifier == identifier })
		if at < 0 {
			continue
		}
		for _, r := range c.workers(Membership{k.Identifier, k.groups[at].ID}) {
			c.deleteWorker(r)
		}
		k.groups = slices.Delete(k.groups, at, at+1)
		return true
	}
	return false
}

// cluster finds a managed cluster; the lock is held.
func (c *Cloud) cluster(identifier string) (*cluster, error) {
	at := slices.IndexFunc(c.clusters, func(k *cluster) bool { return k.Identifier == identifier })
	if at < 0 {
		return nil, fmt.Errorf("cluster %q: %w", identifier, ErrUnknownCluster)
	}
	return c.clusters[at], nil
}

// describe is a cluster as it is now; the lock is held.
func (c *Cloud) describe(k *cluster) Cluster {
	described := k.Cluster
	described.Workers = c.countWorkers(k.Identifier)
	return described
}
