package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
)

// named is the identifier of the record that a list has under a name.
func (h *harness) named(path, field, name string) string {
	h.t.Helper()
	for _, record := range rows(h.t, h.get(path)) {
		if record[field] == name {
			identifier, _ := record["identifier"].(string)
			return identifier
		}
	}
	h.t.Fatalf("%s has no %q", path, name)
	return ""
}

var keyShape = object{
	"id": "number", "identifier": "string", "name": "string", "private_key": "string", "user_id": "number", "created_on": "string",
	"created_by": "string",
}

func TestKeysAreAddedFoundByNameAndDeleted(t *testing.T) {
	h := newHarness(t, setup{})
	if diff := cmp.Diff(object{"error": "bool", "data": []any{keyShape, keyShape}}, shape(h.get("/apps/v2/sshkeys").json)); diff != "" {
		t.Errorf("seeded keys (-want +got):\n%s", diff)
	}
	if got := h.post("/apps/v2/sshkey/add", `{"privateKey":"ssh-ed25519 AAAA","name":"mine"}`); got.text != `{"error":false,"data":{}}` {
		t.Errorf("add: %s", got.text)
	}
	id := h.named("/apps/v2/sshkeys", "name", "mine")
	if key, _ := h.get("/apps/v2/sshkey/" + id).json["data"].(object); key["private_key"] != "ssh-ed25519 AAAA" {
		t.Errorf("read %v", key)
	}
	if got := h.send(http.MethodDelete, "/apps/v2/sshkey", "application/json", `{"identifier":"`+id+`"}`); got.text != accepted {
		t.Errorf("delete: %s", got.text)
	}
	if got := h.get("/apps/v2/sshkey/" + id); got.text != `{"error":false,"data":false}` {
		t.Errorf("read after the deletion: %s", got.text)
	}
	if got := h.send(http.MethodDelete, "/apps/v2/sshkey", "application/json", `{"identifier":"`+id+`"}`); got.status != 404 {
		t.Errorf("second deletion: %d %s", got.status, got.text)
	}
}

func TestKeyIsPutOnAMachineAtCreationAndLater(t *testing.T) {
	h := newHarness(t, setup{})
	first, second := account.Keys[0].Identifier, account.Keys[1].Identifier
	h.post("/api/v2/vm", body("w1", func(fields map[string]any) { fields["sshKeyIdentifier"] = first }))
	record := h.awaitListed("w1")
	id, _ := record["identifier"].(string)
	if record["sshkey_id"] != first {
		t.Errorf("sshkey_id %v", record["sshkey_id"])
	}
	if got := h.post("/api/v2/vm/sshkey", `{"vmIdentifier":"`+id+`","sshKeyIdentifier":"`+second+`"}`); got.text != accepted {
		t.Errorf("add: %s", got.text)
	}
	if got := h.cloud.Listed()[0].SSHKeys; len(got) != 2 || got[1] != second {
		t.Errorf("keys %v", got)
	}
	for want, body := range map[string]string{
		"SSH key not found":         `{"vmIdentifier":"` + id + `","sshKeyIdentifier":"x"}`,
		"Virtual machine not found": `{"vmIdentifier":"x","sshKeyIdentifier":"` + first + `"}`,
	} {
		if got := h.post("/api/v2/vm/sshkey", body); got.status != 404 || !strings.Contains(got.text, want) {
			t.Errorf("%d %s, want %s", got.status, got.text, want)
		}
	}
}

func TestScriptsAreAddedFoundByNameEditedAndDeleted(t *testing.T) {
	h := newHarness(t, setup{})
	if got := h.post("/apps/v2/script/add", `{"name":"web","scriptContent":"#!/bin/bash","scriptType":"bash","tags":[]}`); got.text != `{"error":false,"data":{}}` {
		t.Errorf("add: %s", got.text)
	}
	id := h.named("/apps/v2/scripts", "script_name", "web.sh")
	if got := h.send(http.MethodPut, "/apps/v2/script/edit", "application/json",
		`{"name":"app","scriptContent":"echo","scriptType":"bash","scriptIdentifier":"`+id+`"}`); got.text != accepted {
		t.Errorf("edit: %s", got.text)
	}
	want := object{
		"identifier": "string", "script_name": "string", "script": "string", "user_id": "number", "box_id": "null", "box_identifier": "null",
		"created_on": "string", "created_by": "string", "id": "number", "name": "string", "type": "string",
	}
	read, _ := h.get("/apps/v2/script/" + id).json["data"].(object)
	if diff := cmp.Diff(want, shape(read)); diff != "" || read["script_name"] != "app.sh" || read["script"] != "echo" {
		t.Errorf("script %v (-want +got):\n%s", read, diff)
	}
	remove := `{"scriptIdentifier":"` + id + `"}`
	if got := h.send(http.MethodDelete, "/apps/v2/script", "application/json", remove); got.text != accepted {
		t.Errorf("delete: %s", got.text)
	}
	if got := h.get("/apps/v2/script/" + id); got.status != 200 || got.text != `{"error":false,"data":false}` {
		t.Errorf("read after the deletion: %d %s", got.status, got.text)
	}
	if got := h.send(http.MethodDelete, "/apps/v2/script", "application/json", remove); got.status != 404 {
		t.Errorf("second deletion: %d", got.status)
	}
	if got := h.post("/apps/v2/script/add", `{"name":"web"}`); got.status != 400 {
		t.Errorf("incomplete script: %d %s", got.status, got.text)
	}
}

func TestMachineKeepsTheScriptOfItsOrder(t *testing.T) {
	h := newHarness(t, setup{cloud: slow})
	h.post("/apps/v2/script/add", `{"name":"web","scriptContent":"echo hello","scriptType":"bash"}`)
	id := h.named("/apps/v2/scripts", "script_name", "web.sh")
	withScript := func(fields map[string]any) { fields["scriptIdentifier"] = id }
	if got := h.post("/api/v2/vm", body("w1", withScript)); got.text != accepted {
		t.Fatalf("create: %s", got.text)
	}
	h.send(http.MethodDelete, "/apps/v2/script", "application/json", `{"scriptIdentifier":"`+id+`"}`)
	if got := h.cloud.Pending()[0].Order.Script; got != "echo hello" {
		t.Errorf("script %q", got)
	}
	if got := h.post("/api/v2/vm", body("w2", withScript)); got.status != 404 || !strings.Contains(got.text, "Script not found") {
		t.Errorf("script that is gone: %d %s", got.status, got.text)
	}
	if got := h.post("/api/v2/vm", body("w3", func(f map[string]any) { f["sshKeyIdentifier"] = "x" })); got.status != 404 || len(h.cloud.All()) != 1 {
		t.Errorf("key that is unknown: %d %s", got.status, got.text)
	}
}
