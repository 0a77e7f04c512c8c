package vpsie

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// This file is VPSie's managed Kubernetes for package managed, which makes a cloud.Provider of it. Errors are those of package
// cloud, and no call that changes something is repeated.

// kubernetesPath is the service's path.
const kubernetesPath = "/apps/v2/k8s"

// Worker is a node of a managed cluster. Nothing tells which group it belongs to.
type Worker struct {
	ID        string
	Hostname  string // in lower case, which is the name of its Node
	Addresses []string
	CreatedAt time.Time // zero when VPSie does not tell
}

// WorkerGroup is a set of workers of one size. A cluster has at most one for each size.
type WorkerGroup struct {
	ID           int64
	SizeID       int64
	DatacenterID string // empty when VPSie does not tell
	Workers      int
}

type workerRecord struct {
	Identifier text `json:"identifier"`
	Hostname   text `json:"hostname"`
	DefaultIP  text `json:"default_ip"`
	PrivateIP  text `json:"private_ip"`
	CreatedOn  text `json:"created_on"`
}

type workerGroupRecord struct {
	ID           number `json:"id"`
	SizeID       number `json:"boxsize_id"`
	DatacenterID text   `json:"dcIdentifier"`
	Workers      number `json:"nodes_count"`
	IsDeleted    number `json:"is_deleted"`
}

type addGroupBody struct {
	ClusterID string `json:"clusterIdentifier"`
	Name      string `json:"groupName"`
	SizeID    int64  `json:"KubeSizeID"`
}

type deleteWorkerBody struct {
	Identifier string `json:"identifier"`
}

// Workers lists the nodes of a cluster, the control plane included where VPSie lists it with them. An answer without a list, or
// with a node that has no identifier, is ErrTransient, and a cluster that does not exist ErrNotFound.
func (c *Client) Workers(ctx context.Context, clusterID string) ([]Worker, error) {
	answer, err := c.read(ctx, call{name: "GetKubernetesCluster", path: clusterPath(clusterID)})
	if err == nil && answer.noObject() {
		err = cloud.ErrNotFound
	}
	var cluster struct {
		Nodes []workerRecord `json:"nodes"`
	}
	if err == nil {
		err = answer.decode(&cluster)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("list workers of cluster %s: %w", clusterID, err)
	case cluster.Nodes == nil:
		return nil, fmt.Errorf("list workers of cluster %s: %w: the answer holds no nodes", clusterID, cloud.ErrTransient)
	}
	workers := make([]Worker, len(cluster.Nodes))
	for i, row := range cluster.Nodes {
		if row.Identifier == "" {
			return nil, fmt.Errorf("list workers of cluster %s: %w: %s is listed without identifier", clusterID, cloud.ErrTransient, row.Hostname)
		}
		workers[i] = row.worker()
	}
	return workers, nil
}

func (r workerRecord) worker() Worker {
	w := Worker{ID: string(r.Identifier), Hostname: strings.ToLower(string(r.Hostname))}
	for _, candidate := range []text{r.DefaultIP, r.PrivateIP} {
		if _, err := netip.ParseAddr(string(candidate)); err == nil {
			w.Addresses = append(w.Addresses, string(candidate))
		}
	}
	if created, err := time.Parse(time.RFC3339, string(r.CreatedOn)); err == nil {
		w.CreatedAt = created
	}
	return w
}

// WorkerGroups lists the groups of a cluster. A group without its size or count is ErrTransient: both prove whose a worker is.
func (c *Client) WorkerGroups(ctx context.Context, clusterID string) ([]WorkerGroup, error) {
	rows, err := list[workerGroupRecord](ctx, c, call{
		name: "ListKubernetesNodeGroups", path: kubernetesPath + "/node/groups/byClusterId/" + url.PathEscape(clusterID),
	})
	if err != nil {
		return nil, fmt.Errorf("list node groups of cluster %s: %w", clusterID, err)
	}
	var groups []WorkerGroup
	for _, row := range rows {
		if row.IsDeleted.yes() {
			continue
		}
		if !row.ID.set || !row.SizeID.set || !row.Workers.set {
			return nil, fmt.Errorf("list node groups of cluster %s: %w: a group lacks id, boxsize_id or nodes_count", clusterID, cloud.ErrTransient)
		}
		groups = append(groups, WorkerGroup{
			ID: int64(row.ID.value), SizeID: int64(row.SizeID.value), DatacenterID: string(row.DatacenterID), Workers: int(row.Workers.value),
		})
	}
	return groups, nil
}

// AddWorkerGroup makes an empty group. Its reply is not known to name the group, and VPSie refuses a second one of a size, so the
// caller lists the groups afterwards whatever the error.
func (c *Client) AddWorkerGroup(ctx context.Context, clusterID, name string, sizeID int64) error {
	_, err := c.send(ctx, call{
		name: "AddKubernetesNodeGroup", method: http.MethodPost, path: kubernetesPath + "/cluster/add/group",
		json: addGroupBody{ClusterID: clusterID, Name: name, SizeID: sizeID},
	})
	if err != nil {
		return fmt.Errorf("add node group %s to cluster %s: %w", name, clusterID, err)
	}
	return nil
}

// AddWorker asks for one more worker. The reply does not tell which one it will be.
func (c *Client) AddWorker(ctx context.Context, clusterID string, groupID int64) error {
	_, err := c.send(ctx, call{
		name: "AddKubernetesWorker", method: http.MethodPost,
		path: clusterPath(clusterID) + "/add/slave/group/" + strconv.FormatInt(groupID, 10),
	})
	if err != nil {
		return fmt.Errorf("add a worker to node group %d of cluster %s: %w", groupID, clusterID, err)
	}
	return nil
}

// DeleteWorker asks for a worker to be deleted. One that is not found is already gone, which is no error.
func (c *Client) DeleteWorker(ctx context.Context, clusterID, workerID string) error {
	_, err := c.send(ctx, call{
		name: "DeleteKubernetesWorker", method: http.MethodDelete, path: clusterPath(clusterID) + "/delete/slave",
		json: deleteWorkerBody{Identifier: workerID},
	})
	if err != nil && !errors.Is(err, cloud.ErrNotFound) {
		return fmt.Errorf("delete worker %s of cluster %s: %w", workerID, clusterID, err)
	}
	return nil
}

func clusterPath(clusterID string) string {
	return kubernetesPath + "/cluster/byId/" + url.PathEscape(clusterID)
}
