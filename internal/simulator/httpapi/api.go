package httpapi

import (
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

// Options configure an API.
type Options struct {
	// Tokens are the API access tokens that are accepted. Without tokens and without ClientID nobody is let in.
	Tokens []string
	// ClientID and ClientSecret open the login call; it is closed when either is empty.
	ClientID, ClientSecret string
	// LoginLifetime is how long a token from the login call lives; 0 stands for one hour.
	LoginLifetime time.Duration
	// PageSize is the most records that a list of machines returns at a time; 0 is no limit.
	PageSize int
}

// API is the http.Handler of the simulated VPSie API. It is safe for concurrent use.
type API struct {
	options Options
	cloud   *cloud.Cloud
	faults  *faults.Set
	log     *CallLog
	router  *mux.Router

	mu     sync.Mutex
	logins map[string]time.Time // token from the login call -> when it ends
}

// New returns the API of a cloud in which calls go wrong as the rules say.
func New(c *cloud.Cloud, rules *faults.Set, options Options) *API {
	if options.LoginLifetime == 0 {
		options.LoginLifetime = time.Hour
	}
	a := &API{options: options, cloud: c, faults: rules, log: &CallLog{}, logins: map[string]time.Time{}}
	a.router = a.routes()
	return a
}

// Calls is the log of all calls.
func (a *API) Calls() *CallLog { return a.log }

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
		sub.HandleFunc("/datacenter", a.listDatacenters).Methods(http.MethodGet)
		sub.HandleFunc("/plans/category", a.listCategories).Methods(http.MethodGet)
		sub.HandleFunc("/resources", a.listPlans).Methods(http.MethodPost)
		sub.HandleFunc("/vm", a.listMachines).Methods(http.MethodGet)
		sub.HandleFunc("/vm", a.createMachine).Methods(http.MethodPost)
		sub.HandleFunc("/vm", a.deleteMachine).Methods(http.MethodDelete)
		sub.HandleFunc("/vm/pending", a.listPending).Methods(http.MethodGet)
		sub.HandleFunc("/vm/{identifier}", a.readMachine).Methods(http.MethodGet)
		sub.HandleFunc("/vms/all/user", a.listMachines).Methods(http.MethodGet)
		sub.HandleFunc("/storages/vms", a.listAttachable).Methods(http.MethodGet)
	}
	return router
}
