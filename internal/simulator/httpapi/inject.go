package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

// fateKey carries the fate of a new machine from a rule to the handler.
type fateKey struct{}

// faultMachineLimit is the limit that an injected quota error names.
const faultMachineLimit = 5

// inject makes a call go wrong.
func (a *API) inject(w http.ResponseWriter, r *http.Request, rule faults.Rule) {
	switch rule.Action {
	case faults.ActionStatus:
		injectStatus(w, rule)
	case faults.ActionOKError:
		reply(w, http.StatusOK, failure{Error: true, Code: rule.Code, Message: rule.Message})
	case faults.ActionIgnore:
		replyData(w, true)
	case faults.ActionUnauthorized:
		replyUnauthorized(w)
	case faults.ActionRateLimited:
		if rule.RetryAfterSeconds > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(rule.RetryAfterSeconds))
		}
		replyError(w, http.StatusTooManyRequests, MessageRateLimited)
	case faults.ActionSoldOut:
		reply(w, http.StatusOK, failure{Error: true, Code: http.StatusConflict, Message: MessageSoldOut})
	case faults.ActionQuota:
		replyMachineLimit(w, faultMachineLimit)
	case faults.ActionHang:
		hang(r)
	case faults.ActionAcceptHang:
		a.router.ServeHTTP(discard{header: http.Header{}}, r)
		hang(r)
	case faults.ActionReset:
		a.router.ServeHTTP(discard{header: http.Header{}}, r)
		panic(http.ErrAbortHandler) // net/http cuts the connection without an answer
	case faults.ActionStuckPending, faults.ActionVanish, faults.ActionNeverJoin:
		fate := cloud.Fate(rule.Action) // fates and their actions have the same names
		a.router.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), fateKey{}, fate)))
	}
}

// hang ends the call without an answer once the client has given up or the server is stopping.
func hang(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// injectStatus answers like a gateway when the rule has a body, and like the API when it has not.
func injectStatus(w http.ResponseWriter, rule faults.Rule) {
	if rule.Body == "" {
		replyError(w, rule.Status, rule.Message)
		return
	}
	if !json.Valid([]byte(rule.Body)) {
		w.Header().Set("Content-Type", "text/html")
	} else {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(rule.Status)
	_, _ = io.WriteString(w, rule.Body) // fails only when the client has gone
}

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

// Header implements http.ResponseWriter.
func (d discard) Header() http.Header { return d.header }

// Write implements http.ResponseWriter.
func (discard) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (discard) WriteHeader(int) {}
