package cloud

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// WorkerOrder asks for one worker of a managed cluster.
type WorkerOrder struct {
	ClusterID string
	GroupID   int // 0 asks for a worker outside every group, of the smallest size
	Fate      Fate
	FateAfter time.Duration
	QueueFor  time.Duration
}

// AddWorker orders a worker, whose name the platform chooses; the caller should answer its own caller after the returned delay.
// The errors are ErrUnknownCluster, ErrUnknownGroup, ErrWorkerLimit and ErrBalance.
func (c *Cloud) AddWorker(order WorkerOrder) (Machine, time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, err := c.cluster(order.ClusterID)
	if err != nil {
		return Machine{}, 0, err
	}
	plan, err := k.planOf(order.GroupID)
	switch {
	case err != nil:
		return Machine{}, 0, err
	case k.WorkerLimit > 0 && c.countWorkers(k.Identifier) >= k.WorkerLimit:
		return Machine{}, 0, ErrWorkerLimit
	case c.broke(time.Now()):
		return Machine{}, 0, ErrBalance
	}
	k.added++
	random := c.randomFor("worker", k.Identifier, strconv.Itoa(k.added))
	hostname := c.workerName(k.Name, func() int { return random.IntN(0x10000) })
	m := c.begin(Order{
		Hostname: hostname, PlanID: plan.Identifier, ImageID: catalogue.Image.Identifier, DatacenterID: k.Datacenter.Identifier,
		PublicIPv4: true, PrivateIP: true, Fate: order.Fate, FateAfter: order.FateAfter, QueueFor: order.QueueFor,
	}, k.Datacenter, plan, random, Membership{k.Identifier, order.GroupID})
	return m, m.Accepted.Sub(m.Created), nil
}

// planOf is the size of the workers of a group.
func (k *cluster) planOf(groupID int) (catalogue.Plan, error) {
	if groupID == 0 {
		return k.Datacenter.Plans()[0], nil
	}
	at := slices.IndexFunc(k.groups, func(g Group) bool { return g.ID == groupID })
	if at < 0 {
		return catalogue.Plan{}, fmt.Errorf("group %d of cluster %s: %w", groupID, k.Identifier, ErrUnknownGroup)
	}
	return k.groups[at].Plan, nil
}

// workerName draws a name that no machine ever had; the lock is held.
func (c *Cloud) workerName(cluster string, draw func() int) string {
	for {
		name := fmt.Sprintf("%s-slave-%04x", cluster, draw())
		if !slices.ContainsFunc(c.records, func(r *record) bool { return r.Order.Hostname == name }) {
			return name
		}
	}
}

// DeleteWorker asks for one worker of a cluster to be deleted: it is powered off now and leaves the cluster later. The errors are
// ErrUnknownCluster and ErrUnknownWorker; asking again while it is being deleted changes nothing.
func (c *Cloud) DeleteWorker(clusterID, identifier string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.cluster(clusterID); err != nil {
		return err
	}
	r := c.find(identifier)
	if r == nil || r.Membership.ClusterID != clusterID {
		return fmt.Errorf("node %q of cluster %s: %w", identifier, clusterID, ErrUnknownWorker)
	}
	c.deleteWorker(r)
	return nil
}

// ReduceWorkers deletes the newest worker of a group, or of the whole cluster when the group is 0. The errors are those of
// DeleteWorker.
func (c *Cloud) ReduceWorkers(clusterID string, groupID int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.cluster(clusterID); err != nil {
		return err
	}
	for _, r := range slices.Backward(c.records) {
		inGroup := groupID == 0 || r.Membership.GroupID == groupID
		if r.Membership.ClusterID == clusterID && inGroup && r.State.listed() && r.State != StateDeleting {
			c.deleteWorker(r)
			return nil
		}
	}
	return fmt.Errorf("group %d of cluster %s has none: %w", groupID, clusterID, ErrUnknownWorker)
}

// deleteWorker deletes a worker in whatever state it is; the lock is held.
func (c *Cloud) deleteWorker(r *record) {
	if r.State.listed() {
		c.delete(r, r.schedule.workerGone)
		return
	}
	r.stop()
	c.remove(r)
}

// workers are the workers of a group that are not ended; the lock is held.
func (c *Cloud) workers(of Membership) []*record {
	var found []*record
	for _, r := range c.records {
		if r.Membership == of && !r.State.ended() {
			found = append(found, r)
		}
	}
	return found
}

// countWorkers counts the workers of a cluster that are not ended; the lock is held.
func (c *Cloud) countWorkers(clusterID string) int {
	n := 0
	for _, r := range c.records {
		if r.Membership.ClusterID == clusterID && !r.State.ended() {
			n++
		}
	}
	return n
}
