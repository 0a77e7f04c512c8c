package httpapi

import (
	"sync"
	"time"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

// API is the http.Handler of the simulated VPSie API. It is safe for concurrent use.
type API struct {
	options Options
	cloud   *cloud.Cloud
	account *account.Account
	faults  *faults.Set
	log     *CallLog
	router  *mux.Router
	pace    *pace

	mu     sync.Mutex
	tokens []string
	logins map[string]time.Time // token from the login call -> when it ends
}

// New returns the API of a cloud in which calls go wrong as the rules say.
func New(c *cloud.Cloud, rules *faults.Set, options Options) *API {
	if options.LoginLifetime == 0 {
		options.LoginLifetime = time.Hour
	}
	a := &API{
		options: options, cloud: c, account: account.New(), faults: rules, log: &CallLog{},
		pace: newPace(options), tokens: options.Tokens, logins: map[string]time.Time{},
	}
	a.router = a.routes()
	return a
}

// Calls is the log of all calls.
func (a *API) Calls() *CallLog { return a.log }

// Account is what the account owns beside machines.
func (a *API) Account() *account.Account { return a.account }
