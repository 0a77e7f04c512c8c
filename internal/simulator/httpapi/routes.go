package httpapi

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// Prefixes under which every call is available. They differ in one point: under prefixStrict a number or boolean where the
// creation of a machine wants "0" or "1" is ignored without an error.
const (
	prefixLenient = "/apps/v2"
	prefixStrict  = "/api/v2"
	loginPath     = "/auth/from/api"
)

func (a *API) routes() *mux.Router {
	router := mux.NewRouter()
	notFound := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		replyError(w, http.StatusNotFound, "Not found")
	})
	router.NotFoundHandler, router.MethodNotAllowedHandler = notFound, notFound
	for _, prefix := range []string{prefixLenient, prefixStrict} {
		sub := router.PathPrefix(prefix).Subrouter()
		sub.HandleFunc(loginPath, a.login).Methods(http.MethodPost)
		a.routeCatalogue(sub)
		a.routeMachines(sub)
		a.routeAccount(sub)
		a.routeKubernetes(sub.PathPrefix("/k8s").Subrouter())
	}
	return router
}

func (a *API) routeCatalogue(r *mux.Router) {
	r.HandleFunc("/datacenter", a.listDatacenters).Methods(http.MethodGet)
	r.HandleFunc("/plans/category", a.listCategories).Methods(http.MethodGet)
	r.HandleFunc("/resources", a.listPlans).Methods(http.MethodPost)
}

func (a *API) routeMachines(r *mux.Router) {
	r.HandleFunc("/vm", a.listMachines(cloud.ListMachines)).Methods(http.MethodGet)
	r.HandleFunc("/vm", a.createMachine).Methods(http.MethodPost)
	r.HandleFunc("/vm", a.deleteMachine).Methods(http.MethodDelete)
	r.HandleFunc("/vm/pending", a.listPending).Methods(http.MethodGet)
	r.HandleFunc("/vm/status/{identifier}", a.readStatus).Methods(http.MethodGet)
	r.HandleFunc("/vm/live/agent/status/{identifier}", a.readAgentStatus).Methods(http.MethodGet)
	for _, change := range []cloud.Power{cloud.PowerStart, cloud.PowerStop, cloud.PowerRestart} {
		r.HandleFunc("/vm/"+string(change), a.changePower(change)).Methods(http.MethodPost)
	}
	r.HandleFunc("/vm/addtags", a.addMachineTags).Methods(http.MethodPost)
	r.HandleFunc("/vm/sshkey", a.addMachineKey).Methods(http.MethodPost)
	r.HandleFunc("/vm/{identifier}", a.readMachine).Methods(http.MethodGet)
	r.HandleFunc("/vms/all/user", a.listMachines(cloud.ListUser)).Methods(http.MethodGet)
	r.HandleFunc("/storages/vms", a.listAttachable).Methods(http.MethodGet)
}

func (a *API) routeAccount(r *mux.Router) {
	r.HandleFunc("/tags", a.listTags).Methods(http.MethodGet)
	r.HandleFunc("/tags/add", a.addTags).Methods(http.MethodPost)
	r.HandleFunc("/tags/edit", a.editTags).Methods(http.MethodPut)
	r.HandleFunc("/tags/delete", a.deleteTags).Methods(http.MethodDelete)
	r.HandleFunc("/tags/{identifier}", a.readTag).Methods(http.MethodGet)
	r.HandleFunc("/sshkeys", a.listKeys).Methods(http.MethodGet)
	r.HandleFunc("/sshkey/{identifier}", a.readKey).Methods(http.MethodGet)
	r.HandleFunc("/sshkey/add", a.addKey).Methods(http.MethodPost)
	r.HandleFunc("/sshkey", a.deleteKey).Methods(http.MethodDelete)
	r.HandleFunc("/scripts", a.listScripts).Methods(http.MethodGet)
	r.HandleFunc("/script/{identifier}", a.readScript).Methods(http.MethodGet)
	r.HandleFunc("/script/add", a.addScript).Methods(http.MethodPost)
	r.HandleFunc("/script/edit", a.editScript).Methods(http.MethodPut)
	r.HandleFunc("/script", a.deleteScript).Methods(http.MethodDelete)
	r.HandleFunc("/projects", a.listProjects).Methods(http.MethodGet)
	r.HandleFunc("/projects/{identifier}", a.readProject).Methods(http.MethodGet)
	r.HandleFunc("/profile/product/limits", a.readLimits).Methods(http.MethodGet)
	r.HandleFunc("/billing/estimated/usages", a.readUsages).Methods(http.MethodGet)
}

func (a *API) routeKubernetes(r *mux.Router) {
	r.HandleFunc("/offers", a.listSizes).Methods(http.MethodPost)
	r.HandleFunc("/cluster/all", a.listClusters).Methods(http.MethodGet)
	r.HandleFunc("/cluster/byId/{cluster}", a.readCluster).Methods(http.MethodGet)
	r.HandleFunc("/node/groups/byClusterId/{cluster}", a.listGroups).Methods(http.MethodGet)
	r.HandleFunc("/cluster/add/group", a.addGroup).Methods(http.MethodPost)
	r.HandleFunc("/cluster/delete/group/{identifier}", a.deleteGroup).Methods(http.MethodDelete)
	r.HandleFunc("/cluster/byId/{cluster}/add/slave", a.addWorker).Methods(http.MethodPost)
	r.HandleFunc("/cluster/byId/{cluster}/add/slave/group/{group:[0-9]+}", a.addWorker).Methods(http.MethodPost)
	r.HandleFunc("/cluster/byId/{cluster}/delete/slave", a.deleteWorker).Methods(http.MethodDelete)
	r.HandleFunc("/cluster/byId/{cluster}/reduce/slave", a.reduceWorkers).Methods(http.MethodDelete)
	r.HandleFunc("/cluster/byId/{cluster}/reduce", a.reduceWorkers).Methods(http.MethodDelete)
}
