package httpapi

import (
	"errors"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// sizeRecord is a size of managed workers.
type sizeRecord struct {
	ID       int    `json:"id"`
	Nickname string `json:"nickname"`
	CPU      int    `json:"cpu"`
	RAM      int    `json:"ram"`
	SSD      int    `json:"ssd"`
	Traffic  int    `json:"traffic"`
	Price    any    `json:"price"` // per month
}

func (a *API) listSizes(w http.ResponseWriter, r *http.Request) {
	var body subject
	if !decode(w, r, &body) {
		return
	}
	place, known := catalogue.FindDatacenter(body.DCIdentifier)
	if !known {
		replyError(w, http.StatusNotFound, messageNoDatacenter)
		return
	}
	records := []sizeRecord{}
	for _, p := range a.offered(r, place) {
		records = append(records, sizeRecord{
			ID: p.ID, Nickname: p.Nickname, CPU: p.CPU, RAM: p.MemoryMB, SSD: p.DiskGB, Traffic: p.TrafficGB, Price: a.price(p),
		})
	}
	replyData(w, records)
}

// clusterRecord is a managed cluster as the list shows it.
type clusterRecord struct {
	Identifier     string `json:"identifier"`
	ClusterName    string `json:"cluster_name"`
	UserID         int    `json:"user_id"`
	Count          int    `json:"count"`
	KubeVersion    string `json:"kube_version"`
	UpgradeVersion string `json:"upgrade_version"`
	Nickname       string `json:"nickname"` // of the plan of its master
	CPU            int    `json:"cpu"`
	RAM            int    `json:"ram"`
	Traffic        int    `json:"traffic"`
	Price          any    `json:"price"`
	Color          string `json:"color"`
	Lock           int    `json:"lock"`
	LBID           *int   `json:"lb_id"`
	CreatedBy      string `json:"created_by"`
	ManagerCount   int    `json:"managerCount"`
	SlaveCount     int    `json:"slaveCount"`
	CreatedOn      string `json:"created_on"`
	UpdatedOn      string `json:"updated_on"`
}

// clusterDetail is a managed cluster as it is read alone.
type clusterDetail struct {
	clusterRecord
	Nodes []nodeRecord `json:"nodes"`
}

func (a *API) cluster(c cloud.Cluster) clusterRecord {
	master := c.Datacenter.Plans()[0]
	return clusterRecord{
		Identifier: c.Identifier, ClusterName: c.Name, UserID: account.ID, Count: 1 + c.Workers,
		KubeVersion: c.Version, UpgradeVersion: c.Version, Nickname: master.Nickname, CPU: master.CPU, RAM: master.MemoryMB,
		Traffic: master.TrafficGB, Price: a.price(master), Color: "#2563eb", CreatedBy: account.Name,
		ManagerCount: 1, SlaveCount: c.Workers, CreatedOn: timestamp(c.Created), UpdatedOn: timestamp(c.Created),
	}
}

func (a *API) listClusters(w http.ResponseWriter, _ *http.Request) {
	records := []clusterRecord{}
	for _, c := range a.cloud.Clusters() {
		records = append(records, a.cluster(c))
	}
	replyData(w, records)
}

func (a *API) readCluster(w http.ResponseWriter, r *http.Request) {
	c, err := a.cloud.Cluster(mux.Vars(r)["cluster"])
	if err != nil {
		a.replyClusterRefusal(w, err, cloud.Cluster{})
		return
	}
	nodes := []nodeRecord{masterNode(c)}
	for _, m := range a.cloud.On(cloud.ListNodes) {
		if m.Membership.ClusterID == c.Identifier {
			nodes = append(nodes, workerNode(m))
		}
	}
	replyData(w, clusterDetail{clusterRecord: a.cluster(c), Nodes: nodes})
}

// Messages of what cannot be found in managed clusters; all are our texts.
const (
	messageNoCluster = "Cluster not found"
	messageNoGroup   = "Node group not found"
	messageNoWorker  = "Node not found"
)

// replyClusterRefusal answers a call that a managed cluster refuses; c is that cluster when it is known.
func (a *API) replyClusterRefusal(w http.ResponseWriter, err error, c cloud.Cluster) {
	var taken cloud.SizeTakenError
	switch {
	case errors.As(err, &taken):
		replyError(w, http.StatusBadRequest, "Group "+taken.Group+" has same selected Size, please select another size") // VPSie's own text
	case errors.Is(err, cloud.ErrUnknownCluster):
		replyError(w, http.StatusNotFound, messageNoCluster)
	case errors.Is(err, cloud.ErrUnknownGroup):
		replyError(w, http.StatusNotFound, messageNoGroup)
	case errors.Is(err, cloud.ErrUnknownWorker):
		replyError(w, http.StatusNotFound, messageNoWorker)
	case errors.Is(err, cloud.ErrWorkerLimit):
		replyWorkerLimit(w, c.WorkerLimit)
	default:
		a.replyRefusal(w, err)
	}
}
