package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// Kinds of entities that may have tags. Only machines can be given some here.
const (
	entityMachines = "boxes"
	entityKeys     = "ssh_keys"
)

// tagRequest is the body of every call about tags.
type tagRequest struct {
	VMIdentifier string   `json:"vmIdentifier"`
	Entity       string   `json:"entity"`
	Identifier   string   `json:"identifier"`
	Name         string   `json:"name"`
	Color        string   `json:"color"`
	Tags         []string `json:"tags"`
}

type tagDefinition struct {
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
	Color      string `json:"color"`
}

// listedTags is what machine lists show as tags.
func (a *API) listedTags(m cloud.Machine) json.RawMessage {
	switch a.options.ListTags {
	case TagsNull:
		return json.RawMessage("null")
	case TagsArray:
		encoded, err := json.Marshal(append([]string{}, m.Tags...))
		if err != nil {
			return nil // strings can always be encoded
		}
		return encoded
	}
	return nil
}

// listTags lists all definitions, or the tags of one entity when the query names one.
func (a *API) listTags(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Has("entity") || query.Has("identifier") {
		a.replyEntityTags(w, query.Get("entity"), query.Get("identifier"))
		return
	}
	records := []tagDefinition{}
	for _, tag := range a.account.Tags() {
		records = append(records, tagDefinition(tag))
	}
	replyData(w, records)
}

func (a *API) replyEntityTags(w http.ResponseWriter, entity, identifier string) {
	m, listed := a.cloud.Find(identifier)
	if entity != entityMachines || !listed {
		replyData(w, map[string]any{entityMachines: []any{}, entityKeys: []any{}})
		return
	}
	replyData(w, map[string]any{entityMachines: detail(m).VMTags, entityKeys: []any{}})
}

func (a *API) readTag(w http.ResponseWriter, r *http.Request) {
	tag, found := a.account.Tag(mux.Vars(r)["identifier"])
	if !found {
		replyData(w, false)
		return
	}
	replyData(w, tagDefinition(tag))
}

// addTags either defines a tag or attaches tags to an entity, as the body says.
func (a *API) addTags(w http.ResponseWriter, r *http.Request) {
	var body tagRequest
	if !decode(w, r, &body) {
		return
	}
	switch {
	case body.Entity != "":
		a.attachTags(w, body, a.cloud.AddTags)
	case body.Name != "":
		replyData(w, tagDefinition(a.account.DefineTag(body.Name, body.Color)))
	default:
		replyError(w, http.StatusBadRequest, MessageMalformed)
	}
}

func (a *API) editTags(w http.ResponseWriter, r *http.Request) {
	var body tagRequest
	if decode(w, r, &body) {
		a.attachTags(w, body, a.cloud.SetTags)
	}
}

func (a *API) deleteTags(w http.ResponseWriter, r *http.Request) {
	var body tagRequest
	if decode(w, r, &body) {
		body.Tags = nil
		a.attachTags(w, body, a.cloud.SetTags)
	}
}

func (a *API) addMachineTags(w http.ResponseWriter, r *http.Request) {
	var body tagRequest
	if decode(w, r, &body) {
		body.Entity, body.Identifier = entityMachines, body.VMIdentifier
		a.attachTags(w, body, a.cloud.AddTags)
	}
}

// attachTags gives tags to an entity in one of the ways of the cloud.
func (a *API) attachTags(w http.ResponseWriter, body tagRequest, attach func(string, []string) bool) {
	if body.Entity != entityMachines || !attach(body.Identifier, body.Tags) {
		replyError(w, http.StatusNotFound, messageNoMachine)
		return
	}
	for _, tag := range body.Tags {
		a.account.DefineTag(tag, "")
	}
	replyData(w, true)
}
