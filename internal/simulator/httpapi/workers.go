package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// nodeRecord is a node of a managed cluster.
type nodeRecord struct {
	ID           int    `json:"id"`
	Identifier   string `json:"identifier"`
	UserID       int    `json:"user_id"`
	Hostname     string `json:"hostname"`
	DefaultIP    string `json:"default_ip"`
	PrivateIP    string `json:"private_ip"`
	NodeType     int    `json:"node_type"`
	NodeID       int    `json:"node_id"`
	DatacenterID int    `json:"datacenter_id"`
	CreatedOn    string `json:"created_on"`
}

// Types of nodes. The values are made up; no source tells them.
const (
	nodeMaster = 1
	nodeSlave  = 2
)

// masterNode is the node that every managed cluster has from the start. The platform pays for it.
func masterNode(c cloud.Cluster) nodeRecord {
	return nodeRecord{
		ID: 1, Identifier: "0000a001-5a13-11f0-a000-" + c.Datacenter.Identifier[len(c.Datacenter.Identifier)-12:], UserID: account.ID,
		Hostname: c.Name + "-master-main", DefaultIP: "198.18.255.1", PrivateIP: "10.20.255.1",
		NodeType: nodeMaster, NodeID: c.Datacenter.ID * 100, DatacenterID: c.Datacenter.ID, CreatedOn: timestamp(c.Created),
	}
}

func workerNode(m cloud.Machine) nodeRecord {
	return nodeRecord{
		ID: m.ID, Identifier: m.Identifier, UserID: account.ID, Hostname: m.Hostname(), DefaultIP: defaultIP(m), PrivateIP: m.PrivateIPv4,
		NodeType: nodeSlave, NodeID: m.Datacenter.ID*100 + m.ID%8, DatacenterID: m.Datacenter.ID, CreatedOn: timestamp(m.Created),
	}
}

// addWorker orders a worker in the group that the path names, or outside every group.
func (a *API) addWorker(w http.ResponseWriter, r *http.Request) {
	group, _ := strconv.Atoi(mux.Vars(r)["group"]) // the route lets only digits through; none is outside every group
	t := twistOf(r)
	order := cloud.WorkerOrder{
		ClusterID: mux.Vars(r)["cluster"], GroupID: group, Fate: t.fate, FateAfter: t.fateAfter, QueueFor: t.queue,
	}
	m, delay, err := a.cloud.AddWorker(order)
	if err == nil && t.twice {
		_, _, err = a.cloud.AddWorker(order)
	}
	if err != nil {
		c, _ := a.cloud.Cluster(order.ClusterID) // nothing when it is not known, which err tells
		a.replyClusterRefusal(w, err, c)
		return
	}
	a.replyAccepted(w, r, m, delay)
}

func (a *API) deleteWorker(w http.ResponseWriter, r *http.Request) {
	var body subject
	if !decode(w, r, &body) {
		return
	}
	if err := a.cloud.DeleteWorker(mux.Vars(r)["cluster"], body.Identifier); err != nil {
		a.replyClusterRefusal(w, err, cloud.Cluster{})
		return
	}
	replyData(w, true)
}

// reduceWorkers deletes a worker that the platform chooses: the newest of a group, or of the cluster when there is no body.
func (a *API) reduceWorkers(w http.ResponseWriter, r *http.Request) {
	var body struct {
		GroupID int `json:"groupId"`
	}
	if r.ContentLength != 0 && !decode(w, r, &body) {
		return
	}
	if err := a.cloud.ReduceWorkers(mux.Vars(r)["cluster"], body.GroupID); err != nil {
		a.replyClusterRefusal(w, err, cloud.Cluster{})
		return
	}
	replyData(w, true)
}
