package httpapi

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// Messages of what cannot be found; all are our texts.
const (
	messageNoDatacenter = "Datacenter not found"
	messageNoImage      = "Operating system not found"
	messageNoMachine    = "Virtual machine not found"
	messageNoKey        = "SSH key not found"
	messageNoScript     = "Script not found"
)

func (a *API) createMachine(w http.ResponseWriter, r *http.Request) {
	order, err := decodeOrder(r)
	if err != nil {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return
	}
	if _, known := a.account.SSHKey(order.SSHKeyID); order.SSHKeyID != "" && !known {
		replyError(w, http.StatusNotFound, messageNoKey)
		return
	}
	script, known := a.account.Script(order.ScriptID)
	if order.ScriptID != "" && !known {
		replyError(w, http.StatusNotFound, messageNoScript)
		return
	}
	order.Script = script.Content
	t := twistOf(r)
	order.Fate, order.FateAfter, order.QueueFor = t.fate, t.fateAfter, t.queue
	m, delay, err := a.cloud.Create(order)
	if err == nil && t.twice {
		_, _, err = a.cloud.Create(order)
	}
	if err != nil {
		a.replyRefusal(w, err)
		return
	}
	for _, tag := range order.Tags {
		a.account.DefineTag(tag, "")
	}
	a.replyAccepted(w, r, m, delay)
}

// replyAccepted answers the creation of a machine after a delay. The machine exists already: a client that gives up during the
// delay leaves it behind.
func (a *API) replyAccepted(w http.ResponseWriter, r *http.Request, m cloud.Machine, delay time.Duration) {
	if !wait(r, delay) {
		return
	}
	if a.options.ReplyIdentifier {
		replyData(w, map[string]any{"identifier": m.Identifier, "id": m.ID, "hostname": m.Hostname()})
		return
	}
	replyData(w, true)
}

func (a *API) replyRefusal(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, cloud.ErrMachineLimit):
		replyLimit(w, http.StatusInternalServerError, MessageMachineLimit+strconv.Itoa(a.cloud.MachineLimit()))
	case errors.Is(err, cloud.ErrBalance):
		replyError(w, http.StatusPaymentRequired, MessageNoBalance)
	case errors.Is(err, cloud.ErrUnknownDatacenter):
		replyError(w, http.StatusNotFound, messageNoDatacenter)
	case errors.Is(err, cloud.ErrUnknownImage):
		replyError(w, http.StatusNotFound, messageNoImage)
	default:
		replyError(w, http.StatusBadRequest, MessageNotSold)
	}
}
