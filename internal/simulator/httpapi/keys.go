package httpapi

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
)

// keyRecord is an SSH key. The field that is called private_key holds the public key.
type keyRecord struct {
	ID         int    `json:"id"`
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
	PrivateKey string `json:"private_key"`
	UserID     int    `json:"user_id"`
	CreatedOn  string `json:"created_on"`
	CreatedBy  string `json:"created_by"`
}

func key(k account.SSHKey) keyRecord {
	return keyRecord{
		ID: k.ID, Identifier: k.Identifier, Name: k.Name, PrivateKey: k.PublicKey,
		UserID: account.ID, CreatedOn: timestamp(k.Created), CreatedBy: account.Name,
	}
}

func (a *API) listKeys(w http.ResponseWriter, _ *http.Request) {
	records := []keyRecord{}
	for _, k := range a.account.SSHKeys() {
		records = append(records, key(k))
	}
	replyData(w, records)
}

func (a *API) readKey(w http.ResponseWriter, r *http.Request) {
	k, found := a.account.SSHKey(mux.Vars(r)["identifier"])
	if !found {
		replyData(w, false)
		return
	}
	replyData(w, key(k))
}

// addKey answers with nothing that tells the new key; it has to be looked up by name.
func (a *API) addKey(w http.ResponseWriter, r *http.Request) {
	var body struct {
		PrivateKey string `json:"privateKey"` // holds the public key
		Name       string `json:"name"`
	}
	if !decode(w, r, &body) {
		return
	}
	if body.PrivateKey == "" || body.Name == "" {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return
	}
	a.account.AddSSHKey(body.Name, body.PrivateKey)
	replyData(w, map[string]any{})
}

func (a *API) deleteKey(w http.ResponseWriter, r *http.Request) {
	var body subject
	if !decode(w, r, &body) {
		return
	}
	if !a.account.DeleteSSHKey(body.Identifier) {
		replyError(w, http.StatusNotFound, messageNoKey)
		return
	}
	replyData(w, true)
}

func (a *API) addMachineKey(w http.ResponseWriter, r *http.Request) {
	var body struct {
		VMIdentifier     string `json:"vmIdentifier"`
		SSHKeyIdentifier string `json:"sshKeyIdentifier"`
	}
	if !decode(w, r, &body) {
		return
	}
	if _, known := a.account.SSHKey(body.SSHKeyIdentifier); !known {
		replyError(w, http.StatusNotFound, messageNoKey)
		return
	}
	if !a.cloud.AddSSHKey(body.VMIdentifier, body.SSHKeyIdentifier) {
		replyError(w, http.StatusNotFound, messageNoMachine)
		return
	}
	replyData(w, true)
}
