package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// groupRecord is a node group of a managed cluster.
type groupRecord struct {
	ID           int     `json:"id"`
	Identifier   string  `json:"identifier"`
	GroupName    string  `json:"group_name"`
	BoxsizeID    int     `json:"boxsize_id"`
	CPU          int     `json:"cpu"`
	RAM          int     `json:"ram"`
	SSD          int     `json:"ssd"`
	Traffic      int     `json:"traffic"`
	NodesCount   int     `json:"nodes_count"`
	ClusterID    string  `json:"cluster_id"`
	ProjectID    int     `json:"project_id"`
	DatacenterID int     `json:"datacenter_id"`
	DCIdentifier string  `json:"dcIdentifier"`
	IsActive     int     `json:"is_active"`
	IsDeleted    int     `json:"is_deleted"`
	Notes        *string `json:"notes"`
	CreatedOn    string  `json:"created_on"`
	LastUpdated  string  `json:"last_updated"`
	DroppedOn    *string `json:"dropped_on"`
}

func (a *API) listGroups(w http.ResponseWriter, r *http.Request) {
	groups, err := a.cloud.Groups(mux.Vars(r)["cluster"])
	if err != nil {
		a.replyClusterRefusal(w, err, cloud.Cluster{})
		return
	}
	records := []groupRecord{}
	for _, g := range groups {
		records = append(records, groupRecord{
			ID: g.ID, Identifier: g.Identifier, GroupName: g.Name, BoxsizeID: g.Plan.ID,
			CPU: g.Plan.CPU, RAM: g.Plan.MemoryMB, SSD: g.Plan.DiskGB, Traffic: g.Plan.TrafficGB, NodesCount: g.Workers,
			ClusterID: g.ClusterID, ProjectID: account.ProjectID, DatacenterID: g.Datacenter.ID, DCIdentifier: g.Datacenter.Identifier,
			IsActive: 1, CreatedOn: timestamp(g.Created), LastUpdated: timestamp(g.Created),
		})
	}
	replyData(w, records)
}

func (a *API) addGroup(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ClusterIdentifier string `json:"clusterIdentifier"`
		GroupName         string `json:"groupName"`
		KubeSizeID        int    `json:"KubeSizeID"`
	}
	if !decode(w, r, &body) {
		return
	}
	if body.GroupName == "" {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return
	}
	group, err := a.cloud.AddGroup(body.ClusterIdentifier, body.GroupName, body.KubeSizeID)
	if err != nil {
		a.replyClusterRefusal(w, err, cloud.Cluster{})
		return
	}
	replyData(w, map[string]any{"groupId": group.ID})
}

func (a *API) deleteGroup(w http.ResponseWriter, r *http.Request) {
	if !a.cloud.DeleteGroup(mux.Vars(r)["identifier"]) {
		replyError(w, http.StatusNotFound, messageNoGroup)
		return
	}
	replyData(w, true)
}

// replyWorkerLimit answers with VPSie's own body, to the letter.
func replyWorkerLimit(w http.ResponseWriter, limit int) {
	replyLimit(w, http.StatusInternalServerError, MessageWorkerLimit+strconv.Itoa(limit))
}
