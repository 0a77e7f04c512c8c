package httpapi

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
)

// scriptRecord is a script as the list shows it.
type scriptRecord struct {
	Identifier    string  `json:"identifier"`
	ScriptName    string  `json:"script_name"`
	Script        string  `json:"script"`
	UserID        int     `json:"user_id"`
	BoxID         *int    `json:"box_id"`
	BoxIdentifier *string `json:"box_identifier"`
	CreatedOn     string  `json:"created_on"`
	CreatedBy     string  `json:"created_by"`
}

// scriptDetail is a script as it is read alone.
type scriptDetail struct {
	scriptRecord
	ID   int    `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

func script(s account.Script) scriptDetail {
	return scriptDetail{
		scriptRecord: scriptRecord{
			Identifier: s.Identifier, ScriptName: s.Name, Script: s.Content,
			UserID: account.ID, CreatedOn: timestamp(s.Created), CreatedBy: account.Name,
		},
		ID: s.ID, Name: s.Name, Type: s.Type,
	}
}

func (a *API) listScripts(w http.ResponseWriter, _ *http.Request) {
	records := []scriptRecord{}
	for _, s := range a.account.Scripts() {
		records = append(records, script(s).scriptRecord)
	}
	replyData(w, records)
}

func (a *API) readScript(w http.ResponseWriter, r *http.Request) {
	s, found := a.account.Script(mux.Vars(r)["identifier"])
	if !found {
		replyData(w, false)
		return
	}
	replyData(w, script(s))
}

// scriptRequest is the body of every call about scripts.
type scriptRequest struct {
	Name             string `json:"name"`
	ScriptContent    string `json:"scriptContent"`
	ScriptType       string `json:"scriptType"`
	ScriptIdentifier string `json:"scriptIdentifier"`
}

func (s scriptRequest) complete() bool {
	return s.Name != "" && s.ScriptContent != "" && s.ScriptType != ""
}

// addScript answers with nothing that tells the new script; it has to be looked up by name.
func (a *API) addScript(w http.ResponseWriter, r *http.Request) {
	var body scriptRequest
	if !decode(w, r, &body) {
		return
	}
	if !body.complete() {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return
	}
	a.account.AddScript(body.Name, body.ScriptType, body.ScriptContent)
	replyData(w, map[string]any{})
}

func (a *API) editScript(w http.ResponseWriter, r *http.Request) {
	var body scriptRequest
	if !decode(w, r, &body) {
		return
	}
	switch {
	case !body.complete():
		replyError(w, http.StatusBadRequest, MessageMalformed)
	case !a.account.EditScript(body.ScriptIdentifier, body.Name, body.ScriptType, body.ScriptContent):
		replyError(w, http.StatusNotFound, messageNoScript)
	default:
		replyData(w, true)
	}
}

func (a *API) deleteScript(w http.ResponseWriter, r *http.Request) {
	var body scriptRequest
	if !decode(w, r, &body) {
		return
	}
	if !a.account.DeleteScript(body.ScriptIdentifier) {
		replyError(w, http.StatusNotFound, messageNoScript)
		return
	}
	replyData(w, true)
}
