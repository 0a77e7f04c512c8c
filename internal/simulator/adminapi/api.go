// Package adminapi is the control desk of the simulator: what happened, what it costs, and what shall go wrong. It is no part of
// the VPSie API, has a listener of its own, and every path starts with /sim/.
package adminapi

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

// maxBody is the largest request body in bytes.
const maxBody = 64 << 10

// Desk is what the control desk looks at and works on.
type Desk struct {
	Cloud  *cloud.Cloud
	Calls  *httpapi.CallLog
	Faults *faults.Set
	Logins Logins
}

// Logins are the tokens that the login call has given out.
type Logins interface {
	// ExpireLogins ends all of them.
	ExpireLogins()
}

// Handler returns the handler of the desk:
//
//	GET    /sim/calls[?since=SEQ]           the call log
//	GET    /sim/machines                    every machine that was ever ordered
//	GET    /sim/bill[?machines=true]        what the account owes, machine by machine when asked
//	POST   /sim/balance                     pay into a prepaid account: {"add": dollars}
//	DELETE /sim/logins                      end every token that a login has given out
//	POST   /sim/faults                      add a rule (see faults.Rule)
//	DELETE /sim/faults                      remove all rules
//	POST   /sim/machines/{hostname}/delete  delete a machine behind everybody's back
func (d Desk) Handler() http.Handler {
	router := mux.NewRouter()
	router.HandleFunc("/sim/calls", d.calls).Methods(http.MethodGet)
	router.HandleFunc("/sim/machines", d.machines).Methods(http.MethodGet)
	router.HandleFunc("/sim/bill", d.bill).Methods(http.MethodGet)
	router.HandleFunc("/sim/balance", d.topUp).Methods(http.MethodPost)
	router.HandleFunc("/sim/logins", d.expireLogins).Methods(http.MethodDelete)
	router.HandleFunc("/sim/faults", d.addFault).Methods(http.MethodPost)
	router.HandleFunc("/sim/faults", d.clearFaults).Methods(http.MethodDelete)
	router.HandleFunc("/sim/machines/{hostname}/delete", d.deleteOutside).Methods(http.MethodPost)
	return router
}

func (d Desk) calls(w http.ResponseWriter, r *http.Request) {
	since, err := strconv.Atoi(r.URL.Query().Get("since"))
	if err != nil {
		since = 0
	}
	reply(w, http.StatusOK, d.Calls.Since(since))
}

func (d Desk) machines(w http.ResponseWriter, _ *http.Request) {
	machines := []machine{}
	for _, m := range d.Cloud.All() {
		machines = append(machines, describe(m))
	}
	reply(w, http.StatusOK, machines)
}

func (d Desk) addFault(w http.ResponseWriter, r *http.Request) {
	var rule faults.Rule
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&rule)
	if err == nil {
		err = d.Faults.Add(rule)
	}
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	reply(w, http.StatusCreated, rule)
}

func (d Desk) clearFaults(w http.ResponseWriter, _ *http.Request) {
	d.Faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}

func (d Desk) expireLogins(w http.ResponseWriter, _ *http.Request) {
	d.Logins.ExpireLogins()
	w.WriteHeader(http.StatusNoContent)
}

func (d Desk) deleteOutside(w http.ResponseWriter, r *http.Request) {
	hostname := mux.Vars(r)["hostname"]
	deleted := d.Cloud.DeleteOutside(hostname)
	if deleted == 0 {
		reply(w, http.StatusNotFound, map[string]string{"error": "no machine is called " + strconv.Quote(hostname)})
		return
	}
	reply(w, http.StatusOK, map[string]int{"deleted": deleted})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only when the client has gone
}
