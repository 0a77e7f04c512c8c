package httpapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

// injection plays one action.
type injection func(a *API, w http.ResponseWriter, r *http.Request, rule faults.Rule)

// injections are all actions except the fates of machines, which share withFate.
var injections = map[faults.Action]injection{
	faults.ActionStatus:      func(_ *API, w http.ResponseWriter, _ *http.Request, rule faults.Rule) { injectStatus(w, rule) },
	faults.ActionServerError: func(_ *API, w http.ResponseWriter, _ *http.Request, rule faults.Rule) { injectServerError(w, rule) },
	faults.ActionGateway:     func(_ *API, w http.ResponseWriter, _ *http.Request, rule faults.Rule) { injectGateway(w, rule) },
	faults.ActionOKError: func(_ *API, w http.ResponseWriter, _ *http.Request, rule faults.Rule) {
		reply(w, http.StatusOK, failure{Error: true, Code: rule.Code, Message: rule.Message})
	},
	faults.ActionHang: func(_ *API, _ http.ResponseWriter, r *http.Request, _ faults.Rule) { hang(r) },
	faults.ActionSlow: func(a *API, w http.ResponseWriter, r *http.Request, rule faults.Rule) {
		a.answer(&answerWriter{ResponseWriter: w, request: r, due: time.Now().Add(rule.Delay())}, r)
	},
	faults.ActionCut: func(*API, http.ResponseWriter, *http.Request, faults.Rule) { panic(http.ErrAbortHandler) },
	faults.ActionReset: func(a *API, _ http.ResponseWriter, r *http.Request, _ faults.Rule) {
		a.answer(discard{header: http.Header{}}, r)
		panic(http.ErrAbortHandler) // net/http cuts the connection without an answer
	},
	faults.ActionAcceptHang: func(a *API, _ http.ResponseWriter, r *http.Request, _ faults.Rule) { a.acceptAndHang(r, twist{}) },
	faults.ActionGhost: func(a *API, _ http.ResponseWriter, r *http.Request, rule faults.Rule) {
		a.acceptAndHang(r, twist{queue: rule.Delay()})
	},
	faults.ActionIgnore:       func(_ *API, w http.ResponseWriter, _ *http.Request, _ faults.Rule) { replyData(w, true) },
	faults.ActionLostDelete:   func(_ *API, w http.ResponseWriter, _ *http.Request, _ faults.Rule) { replyData(w, true) },
	faults.ActionUnauthorized: func(_ *API, w http.ResponseWriter, _ *http.Request, _ faults.Rule) { replyUnauthorized(w) },
	faults.ActionRateLimited: func(_ *API, w http.ResponseWriter, _ *http.Request, rule faults.Rule) {
		if rule.RetryAfterSeconds > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(rule.RetryAfterSeconds))
		}
		replyError(w, http.StatusTooManyRequests, MessageRateLimited)
	},
	faults.ActionLoginRejected: func(_ *API, w http.ResponseWriter, _ *http.Request, rule faults.Rule) {
		reply(w, orInt(rule.Status, http.StatusUnauthorized), failure{Error: true, Code: http.StatusUnauthorized, Message: MessageLoginRejected})
	},
	faults.ActionWrongPassword: func(_ *API, w http.ResponseWriter, _ *http.Request, _ faults.Rule) {
		replyError(w, http.StatusBadRequest, MessageWrongPassword)
	},
	faults.ActionTruncated: func(a *API, w http.ResponseWriter, r *http.Request, _ faults.Rule) {
		a.answer(w, twist{truncated: true}.on(r))
	},
	faults.ActionWithdrawn: func(_ *API, w http.ResponseWriter, _ *http.Request, _ faults.Rule) {
		replyError(w, http.StatusBadRequest, MessageNotSold)
	},
	faults.ActionSoldOut: func(_ *API, w http.ResponseWriter, _ *http.Request, _ faults.Rule) {
		reply(w, http.StatusOK, failure{Error: true, Code: http.StatusConflict, Message: MessageSoldOut})
	},
	faults.ActionQuota: func(_ *API, w http.ResponseWriter, r *http.Request, rule faults.Rule) { injectQuota(w, r, rule) },
	faults.ActionDuplicate: func(a *API, w http.ResponseWriter, r *http.Request, _ faults.Rule) {
		a.answer(w, twist{twice: true}.on(r))
	},
}

// inject makes a call go wrong.
func (a *API) inject(w http.ResponseWriter, r *http.Request, rule faults.Rule) {
	if play, found := injections[rule.Action]; found {
		play(a, w, r, rule)
		return
	}
	// Fates and their actions have the same names.
	a.answer(w, twist{fate: cloud.Fate(rule.Action), fateAfter: rule.Delay()}.on(r))
}

// injectStatus answers like a gateway when the rule has a body, and like the API when it has not.
func injectStatus(w http.ResponseWriter, rule faults.Rule) {
	switch {
	case rule.Body == "":
		replyError(w, rule.Status, rule.Message)
		return
	case json.Valid([]byte(rule.Body)):
		w.Header().Set("Content-Type", "application/json")
	default:
		w.Header().Set("Content-Type", "text/html")
	}
	w.WriteHeader(rule.Status)
	_, _ = io.WriteString(w, rule.Body) // fails only when the client has gone
}

func injectServerError(w http.ResponseWriter, rule faults.Rule) {
	message := rule.Message
	if message == "" {
		message = "Internal server error"
	}
	reply(w, http.StatusInternalServerError, failure{
		Error: true, Code: http.StatusInternalServerError, Message: message, Stack: "Error: " + message + "\n    at simulated (/app/index.js:1:1)",
	})
}

func injectGateway(w http.ResponseWriter, rule faults.Rule) {
	status := orInt(rule.Status, http.StatusBadGateway)
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<html><head><title>"+title+"</title></head><body><h1>"+title+"</h1></body></html>\n") // as above
}

// faultLimit is the limit that an injected quota error names.
const faultLimit = 5

func injectQuota(w http.ResponseWriter, r *http.Request, rule faults.Rule) {
	message := MessageMachineLimit + strconv.Itoa(faultLimit)
	if strings.Contains(r.URL.Path, "/k8s/") {
		message = MessageWorkerLimit + strconv.Itoa(faultLimit)
	}
	if rule.Message != "" {
		message = rule.Message
	}
	replyLimit(w, orInt(rule.Status, http.StatusInternalServerError), message)
}

func orInt(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}
