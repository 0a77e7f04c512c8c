package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

func (a *API) listMachines(list cloud.List) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		project := r.URL.Query().Get("projectId")
		records := []machineRecord{}
		for _, m := range a.cloud.On(list) {
			record := machine(m)
			record.Tags = a.listedTags(m)
			if project == "" || project == m.Order.ProjectID || project == strconv.Itoa(record.ProjectID) {
				records = append(records, record)
			}
		}
		replyPage(a, w, r, records)
	}
}

func (a *API) readMachine(w http.ResponseWriter, r *http.Request) {
	found, listed := a.cloud.Find(mux.Vars(r)["identifier"])
	if !listed {
		replyData(w, false)
		return
	}
	replyData(w, detail(found))
}

// attachableRecord is a machine in the list of those that a volume can be attached to.
type attachableRecord struct {
	Identifier   string  `json:"identifier"`
	Hostname     string  `json:"hostname"`
	DatacenterID int     `json:"datacenter_id"`
	DCIdentifier string  `json:"dcIdentifier"`
	DefaultIP    string  `json:"default_ip"`
	DefaultIPv6  *string `json:"default_ipv6"`
	PrivateIP    *string `json:"private_ip"`
	SSD          int     `json:"ssd"`
	State        string  `json:"state"`
	Fullname     string  `json:"fullname"`
	Category     string  `json:"category"`
	Type         string  `json:"type"`
}

func (a *API) listAttachable(w http.ResponseWriter, r *http.Request) {
	records := []attachableRecord{}
	for _, m := range a.cloud.On(cloud.ListAttachable) {
		kind := machineType
		if m.Managed() {
			kind = workerType
		}
		records = append(records, attachableRecord{
			Identifier:   m.Identifier,
			Hostname:     m.Hostname(),
			DatacenterID: m.Datacenter.ID,
			DCIdentifier: m.Datacenter.Identifier,
			DefaultIP:    defaultIP(m),
			DefaultIPv6:  nullable(m.PublicIPv6),
			PrivateIP:    nullable(m.PrivateIPv4),
			SSD:          m.Plan.DiskGB,
			State:        m.Datacenter.State,
			Fullname:     catalogue.Image.Name,
			Category:     catalogue.Image.Family,
			Type:         kind,
		})
	}
	replyPage(a, w, r, records)
}

func (a *API) deleteMachine(w http.ResponseWriter, r *http.Request) {
	var body struct {
		VMIdentifier string `json:"vmIdentifier"`
		Password     string `json:"password"`
	}
	if !decode(w, r, &body) {
		return
	}
	if body.VMIdentifier == "" {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return
	}
	found, listed := a.cloud.Find(body.VMIdentifier)
	if !listed {
		replyError(w, http.StatusNotFound, messageNoMachine)
		return
	}
	if !a.mayDelete(found, body.Password) {
		replyError(w, http.StatusBadRequest, MessageWrongPassword)
		return
	}
	a.cloud.Delete(body.VMIdentifier) // it may have gone since, which is as good
	replyData(w, true)
}

// mayDelete tells whether the password is the one that a deletion wants.
func (a *API) mayDelete(m cloud.Machine, password string) bool {
	switch a.options.DeletePassword {
	case PasswordVM:
		return same(password, m.Order.Password)
	case PasswordAccount:
		return same(password, a.options.AccountPassword)
	}
	return true
}
