package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

const (
	messageNoDatacenter = "Datacenter not found"
	messageNoImage      = "Operating system not found"
	messageNoMachine    = "Virtual machine not found"
)

func (a *API) listMachines(w http.ResponseWriter, r *http.Request) {
	project := r.URL.Query().Get("projectId")
	records := []machineRecord{}
	for _, m := range a.cloud.Listed() {
		record := machine(m)
		if project == "" || project == m.Order.ProjectID || project == strconv.Itoa(record.ProjectID) {
			records = append(records, record)
		}
	}
	replyPage(w, r, records, a.options.PageSize)
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
	for _, m := range a.cloud.Listed() {
		records = append(records, attachableRecord{
			Identifier:   m.Identifier,
			Hostname:     m.Order.Hostname,
			DatacenterID: m.Datacenter.ID,
			DCIdentifier: m.Datacenter.Identifier,
			DefaultIP:    defaultIP(m),
			DefaultIPv6:  nullable(m.PublicIPv6),
			PrivateIP:    nullable(m.PrivateIPv4),
			SSD:          m.Plan.DiskGB,
			State:        m.Datacenter.State,
			Fullname:     catalogue.Image.Name,
			Category:     catalogue.Image.Family,
			Type:         machineType,
		})
	}
	replyPage(w, r, records, a.options.PageSize)
}

func (a *API) deleteMachine(w http.ResponseWriter, r *http.Request) {
	var body struct {
		VMIdentifier string `json:"vmIdentifier"`
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil || body.VMIdentifier == "" {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return
	}
	if !a.cloud.Delete(body.VMIdentifier) {
		replyError(w, http.StatusNotFound, messageNoMachine)
		return
	}
	replyData(w, true)
}

func (a *API) createMachine(w http.ResponseWriter, r *http.Request) {
	order, err := decodeOrder(r)
	if err != nil {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return
	}
	order.Fate, _ = r.Context().Value(fateKey{}).(cloud.Fate)
	_, delay, err := a.cloud.Create(order)
	if err != nil {
		a.replyRefusal(w, err)
		return
	}
	// The machine exists from now on. A client that gives up during the delay leaves it behind.
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		replyData(w, true)
	case <-r.Context().Done():
	}
}

func (a *API) replyRefusal(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, cloud.ErrMachineLimit):
		replyMachineLimit(w, a.cloud.MachineLimit())
	case errors.Is(err, cloud.ErrUnknownDatacenter):
		replyError(w, http.StatusNotFound, messageNoDatacenter)
	case errors.Is(err, cloud.ErrUnknownImage):
		replyError(w, http.StatusNotFound, messageNoImage)
	default:
		replyError(w, http.StatusBadRequest, MessageNotSold)
	}
}
