package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

// maxBody is the largest request body in bytes.
const maxBody = 1 << 20

// ServeHTTP logs the call, checks who calls, lets it go wrong when a rule says so, and otherwise answers it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, bodyError := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	r.Body = io.NopCloser(bytes.NewReader(body))
	call := a.describe(r, body)

	end := a.log.begin(r, call.Hostname)
	answer := &statusWriter{ResponseWriter: w}
	defer func() { end(answer.status) }() // also when the handler aborts the connection

	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(bodyError, &tooLarge):
		replyError(answer, http.StatusRequestEntityTooLarge, "Payload too large")
	case bodyError != nil:
		replyError(answer, http.StatusBadRequest, MessageMalformed)
	case !strings.HasSuffix(r.URL.Path, loginPath) && !a.authenticated(r):
		replyUnauthorized(answer)
	default:
		if rule, hit := a.faults.Take(call); hit {
			a.inject(answer, r, rule)
			return
		}
		a.router.ServeHTTP(answer, r)
	}
}

// describe finds out what a call is about.
func (a *API) describe(r *http.Request, body []byte) faults.Call {
	call := faults.Call{Method: r.Method, Path: r.URL.Path}
	var subject struct {
		Hostname           string `json:"hostname"`
		VMIdentifier       string `json:"vmIdentifier"`
		ResourceIdentifier string `json:"resourceIdentifier"`
		DCIdentifier       string `json:"dcIdentifier"`
	}
	_ = json.Unmarshal(body, &subject) // a malformed body is about nothing; the handler refuses it
	switch _, route, _ := strings.Cut(r.URL.Path, "/v2/"); {
	case route == "vm" && r.Method == http.MethodPost:
		call.Creates, call.Hostname = true, subject.Hostname
		datacenter, _ := catalogue.FindDatacenter(subject.DCIdentifier)
		plan, _ := datacenter.FindPlan(subject.ResourceIdentifier)
		call.Plan = plan.Nickname
	case route == "vm" && r.Method == http.MethodDelete:
		machine, _ := a.cloud.Find(subject.VMIdentifier)
		call.Hostname = machine.Order.Hostname
	case strings.HasPrefix(route, "vm/"):
		machine, _ := a.cloud.Find(path.Base(route))
		call.Hostname = machine.Order.Hostname
	}
	return call
}

// mediaType is the content type of a request without its parameters, and empty when there is none.
func mediaType(r *http.Request) string {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}
