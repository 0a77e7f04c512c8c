package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// statusRecord is what the hypervisor says about a machine.
type statusRecord struct {
	CPU            int    `json:"cpu"`
	Ballon         int    `json:"ballon"` // bytes
	Uptime         int    `json:"uptime"` // seconds
	PID            string `json:"pid"`
	Disk           int    `json:"disk"`
	RunningMachine string `json:"running-machine"`
	RunningQEMU    string `json:"running-qemu"`
	Status         string `json:"status"`
	DiskRead       string `json:"diskread"`
	DiskWrite      string `json:"diskwrite"`
	Fullname       string `json:"fullname"`
}

// Words of the hypervisor.
const (
	statusRunning = "running"
	statusStopped = "stopped"
)

func (a *API) readStatus(w http.ResponseWriter, r *http.Request) {
	m, listed := a.cloud.Find(mux.Vars(r)["identifier"])
	if !listed {
		replyData(w, false)
		return
	}
	record := statusRecord{Status: statusStopped, DiskRead: "0", DiskWrite: "0", Fullname: catalogue.Image.Name}
	if m.Powered() {
		record.CPU, record.Ballon, record.PID = m.Plan.CPU, m.Plan.MemoryMB<<20, strconv.Itoa(4000+m.ID)
		record.RunningMachine, record.RunningQEMU, record.Status = "pc-i440fx-9.0", "9.0.2", statusRunning
		record.Uptime = int(time.Since(m.Booted) / time.Second)
	}
	replyData(w, record)
}

func (a *API) readAgentStatus(w http.ResponseWriter, r *http.Request) {
	m, listed := a.cloud.Find(mux.Vars(r)["identifier"])
	replyData(w, listed && m.AgentAnswers())
}

func (a *API) changePower(change cloud.Power) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body subject
		if !decode(w, r, &body) {
			return
		}
		if !a.cloud.ChangePower(body.VMIdentifier, change) {
			replyError(w, http.StatusNotFound, messageNoMachine)
			return
		}
		replyData(w, true)
	}
}
