package vpsie_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	v1alpha1 "github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	editTags  = "PUT /apps/v2/tags/edit"
	addTags   = "POST /api/v2/vm/addtags"
	addSSHKey = "POST /api/v2/vm/sshkey"
)

// details answers about vm-1, with tags in the form of the API.
func details(tags string) http.HandlerFunc {
	return answer(200, `{"error":false,"data":{"vmData":{"identifier":"vm-1","hostname":"C1-Node","dcIdentifier":"dc-1","is_active":1,
		"default_ip":"192.0.2.1","created_on":"2026-03-01T10:00:00Z","sshkey_id":"key-0","initial_password":"s3cret"},"vmTags":`+tags+`}}`)
}

func TestMachineReadsOneMachineWithItsTags(t *testing.T) {
	want := cloud.Machine{
		ID: "vm-1", Hostname: "c1-node", DatacenterID: "dc-1", State: cloud.StateRunning, Addresses: []string{"192.0.2.1"},
		CreatedAt: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC),
	}
	for name, test := range map[string]struct {
		tags string
		want map[string]string
	}{
		"objects":    {`[{"name":"team=web","entity_type":"boxes"},{"name":"prod"}]`, map[string]string{"team": "web"}},
		"texts":      {`["team=web","note=a=b",  "empty="]`, map[string]string{"team": "web", "note": "a=b", "empty": ""}},
		"none":       {`[]`, map[string]string{}},
		"not told":   {`null`, nil},
		"other form": {`{"boxes":[]}`, nil},
		"other rows": {`[1]`, nil},
	} {
		a := newAPI()
		a.on(getVM, details(test.tags))
		got, err := newClient(t, a).Machine(t.Context(), "vm-1")
		want.Tags = test.want
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v, machine (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestAMachineThatIsGoneIsNotFound(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"404":             {answer(404, `{"error":true,"message":"Not found"}`), cloud.ErrNotFound},
		"false":           {answer(200, `{"error":false,"data":false}`), cloud.ErrNotFound},
		"empty list":      {answer(200, `{"error":false,"data":[]}`), cloud.ErrNotFound},
		"deleted":         {answer(200, `{"error":false,"data":{"vmData":{"identifier":"vm-1","is_deleted":1}}}`), cloud.ErrNotFound},
		"another machine": {answer(200, `{"error":false,"data":{"vmData":{"identifier":"vm-2"}}}`), cloud.ErrTransient},
		"no machine":      {answer(200, `{"error":false,"data":{"vmData":null}}`), cloud.ErrTransient},
	} {
		a := newAPI()
		a.on(getVM, test.handler)
		client := newClient(t, a)
		_, err := client.Machine(t.Context(), "vm-1")
		configureErr := client.Configure(t.Context(), cloud.Machine{ID: "vm-1"}, cloud.Attributes{})
		if !errors.Is(err, test.want) || !errors.Is(configureErr, test.want) {
			t.Errorf("%s: errors %v and %v, want %v", name, err, configureErr, test.want)
		}
	}
	if _, err := newClient(t, newAPI()).Machine(t.Context(), ""); !errors.Is(err, cloud.ErrNotFound) {
		t.Errorf("without an ID: %v", err)
	}
}

func TestConfigureTouchesOnlyTagsThatAreItsOwn(t *testing.T) {
	managed, group := v1alpha1.TagManaged+"=true", v1alpha1.TagNodeGroup+"="
	wanted := map[string]string{v1alpha1.TagManaged: "true", v1alpha1.TagNodeGroup: "new", "team": "web"}
	all := []string{managed, group + "new", "team=web"}
	tests := map[string]struct {
		present []string
		before  map[string]string // what the caller has put on
		want    []string          // nil: nothing is sent
	}{
		"none there":                        {nil, nil, all},
		"all there":                         {all, nil, nil},
		"all there in another order":        {[]string{"team=web", "prod", group + "new", managed}, nil, nil},
		"a person's tags stay":              {[]string{"prod", "owner=ann"}, nil, append(slices.Clone(all), "prod", "owner=ann")},
		"old value of a wanted key":         {[]string{managed, group + "old", "team=db"}, nil, all},
		"unwanted tag of ours":              {append([]string{v1alpha1.KeyPrefix + "x=1"}, all...), nil, all},
		"what the caller put on before":     {append([]string{"env=test"}, all...), map[string]string{"env": "test"}, all},
		"a person changed what we had put":  {append([]string{"env=live"}, all...), map[string]string{"env": "test"}, all},
		"a bare tag named like one of ours": {append([]string{"team"}, all...), map[string]string{"team": "web"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			present, _ := json.Marshal(append([]string{}, test.present...))
			a := newAPI()
			a.on(getVM, details(string(present)))
			a.on(editTags, answer(200, `{"error":false,"data":true}`))
			machine := cloud.Machine{ID: "vm-1", Hostname: "c1-node", Tags: test.before}
			if err := newClient(t, a).Configure(t.Context(), machine, cloud.Attributes{Tags: wanted}); err != nil {
				t.Fatal(err)
			}
			sent := a.asked(editTags)
			if test.want == nil {
				if len(sent) > 0 {
					t.Errorf("sent %s", sent[0].body)
				}
				return
			}
			if len(sent) != 1 {
				t.Fatalf("%d edits", len(sent))
			}
			var body struct {
				Entity, Identifier string
				Tags               []string
			}
			if err := json.Unmarshal([]byte(sent[0].body), &body); err != nil || body.Entity != "boxes" || body.Identifier != "vm-1" {
				t.Errorf("body %s", sent[0].body)
			}
			if diff := cmp.Diff(slices.Sorted(slices.Values(test.want)), slices.Sorted(slices.Values(body.Tags))); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfigureOnlyAddsTagsToAMachineWhoseTagsAreNotTold(t *testing.T) {
	a := newAPI()
	a.on(getVM, details(`null`))
	a.on(addTags, answer(200, `{"error":false,"data":true}`))
	client := newClient(t, a)
	wanted := cloud.Attributes{Tags: map[string]string{"team": "web"}}
	if err := client.Configure(t.Context(), cloud.Machine{ID: "vm-1"}, wanted); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"vmIdentifier": "vm-1", "tags": []any{"team=web"}}
	if sent := a.asked(addTags); len(sent) != 1 || cmp.Diff(want, decode(t, sent[0].body)) != "" {
		t.Errorf("sent %v", sent)
	}
	if err := client.Configure(t.Context(), cloud.Machine{ID: "vm-1"}, cloud.Attributes{}); err != nil || len(a.asked(addTags)) != 1 {
		t.Errorf("without wanted tags: %v, %d sent", err, len(a.asked(addTags)))
	}
}

func TestConfigurePutsEachKeyOnOnce(t *testing.T) {
	a := newAPI()
	a.on(getVM, details(`[]`))
	a.on(addSSHKey, answers(answer(200, `{"error":false,"data":true}`), answer(503, `<html>`), answer(200, `{}`)))
	client := newClient(t, a)
	configure := func() error {
		return client.Configure(t.Context(), cloud.Machine{ID: "vm-1"}, cloud.Attributes{SSHKeyIDs: []string{"key-0", "key-1", "key-2"}})
	}
	if err := configure(); !errors.Is(err, cloud.ErrTransient) {
		t.Errorf("error %v, want the failure of key-2", err)
	}
	for range 2 {
		if err := configure(); err != nil {
			t.Error(err)
		}
	}
	var put []string
	for _, sent := range a.asked(addSSHKey) {
		body := decode(t, sent.body)
		put = append(put, fmt.Sprintf("%v %v", body["vmIdentifier"], body["sshKeyIdentifier"]))
	}
	// key-0 came with the order, and key-1 is not put on again because of key-2.
	if diff := cmp.Diff([]string{"vm-1 key-1", "vm-1 key-2", "vm-1 key-2"}, put); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if n := len(a.asked(editTags)); n != 0 {
		t.Errorf("%d edits of tags that are as they should be", n)
	}
}

func TestAKeyThatDoesNotExistIsNoMachineThatIsGone(t *testing.T) {
	a := newAPI()
	a.on(getVM, details(`[]`))
	a.on(addSSHKey, answer(200, `{"error":true,"message":"SSH key not found"}`))
	err := newClient(t, a).Configure(t.Context(), cloud.Machine{ID: "vm-1"}, cloud.Attributes{SSHKeyIDs: []string{"key-9"}})
	if !errors.Is(err, cloud.ErrInvalid) || errors.Is(err, cloud.ErrNotFound) || !strings.Contains(err.Error(), "key-9") {
		t.Errorf("error %v, want ErrInvalid that names the key", err)
	}
}

func TestConfigureRefusesWhatIsNotOurs(t *testing.T) {
	a := newAPI()
	a.on(getVM, details(`[]`))
	machine := cloud.Machine{ID: "vm-1", Hostname: "database"}
	err := newClient(t, a).Configure(t.Context(), machine, cloud.Attributes{Tags: map[string]string{"a": "b"}, SSHKeyIDs: []string{"k"}})
	if !errors.Is(err, cloud.ErrInvalid) || len(a.requests) != 1 {
		t.Errorf("error %v after %d requests", err, len(a.requests))
	}
}

func TestMachinesTellTagsAndAgeWhenTheListDoes(t *testing.T) {
	got, err := machines(t, `{"error":false,"data":[
		{"identifier":"vm-1","hostname":"c1-a","is_active":1,"tags":["team=web","prod"],"created_on":"2026-03-01T11:00:00+01:00"},
		{"identifier":"vm-2","hostname":"c1-b","is_active":1,"tags":null,"created_on":"yesterday"}]}`, nothing)
	want := []cloud.Machine{
		{ID: "vm-1", Hostname: "c1-a", State: cloud.StateRunning, Tags: map[string]string{"team": "web"}, CreatedAt: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)},
		{ID: "vm-2", Hostname: "c1-b", State: cloud.StateRunning},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, machines (-want +got):\n%s", err, diff)
	}
}

func TestMachinesOfTagsReadsWhatTheListDoesNotTell(t *testing.T) {
	vms := `{"error":false,"data":[
		{"identifier":"vm-1","hostname":"c1-read","is_active":1},
		{"identifier":"vm-2","hostname":"c1-told","is_active":1,"tags":["team=web"]},
		{"identifier":"vm-3","hostname":"c1-other","is_active":1,"tags":["team=db"]},
		{"identifier":"vm-4","hostname":"c1-none","is_active":1,"tags":[]},
		{"identifier":"vm-5","hostname":"foreign","is_active":1}]}`
	pending := `{"error":false,"data":[{"id":"1","data":{"hostname":"c1-waiting"}}]}`
	filter := cloud.Filter{HostnamePrefix: "c1-", Tags: map[string]string{"team": "web"}}
	tests := map[string]struct {
		lookup  http.HandlerFunc
		want    []string
		wantErr error
	}{
		"it has the tag":     {details(`["team=web"]`), []string{"c1-node", "c1-told"}, nil},
		"it has another":     {details(`["team=db"]`), []string{"c1-told"}, nil},
		"it is not found":    {answer(404, `{"error":true,"message":"Not found"}`), nil, cloud.ErrTransient},
		"it cannot be read":  {answer(500, `{"error":true}`), nil, cloud.ErrTransient},
		"its tags stay dark": {details(`null`), nil, cloud.ErrTransient},
		"refused":            {answer(401, `{}`), nil, cloud.ErrUnauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAPI()
				a.on(listVMs, answer(200, strings.Replace(vms, "c1-read", "c1-node", 1)))
				a.on(pendingVMs, answer(200, pending))
				a.on(getVM, test.lookup)
				got, err := newClient(t, a).Machines(t.Context(), filter)
				var hostnames []string
				for _, machine := range got {
					hostnames = append(hostnames, machine.Hostname)
				}
				if diff := cmp.Diff(test.want, hostnames); diff != "" || !errors.Is(err, test.wantErr) || errors.Is(err, cloud.ErrNotFound) {
					t.Errorf("error %v, machines (-want +got):\n%s", err, diff)
				}
			})
		})
	}
}

func TestCreateHandsOverTheFirstKey(t *testing.T) {
	a := newAPI()
	a.on(createVM, answer(200, `{}`))
	request := createRequest()
	request.SSHKeyIDs = []string{"key-1", "key-2"}
	if err := newClient(t, a).Create(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if got := decode(t, a.asked(createVM)[0].body)["sshKeyIdentifier"]; got != "key-1" {
		t.Errorf("sshKeyIdentifier %v", got)
	}
}

func TestSoldOutNamesOfferingAndDatacenter(t *testing.T) {
	a := newAPI()
	a.on(createVM, answer(400, `{"error":true,"message":"Plan is out of stock"}`))
	var soldOut *cloud.SoldOutError
	err := newClient(t, a).Create(t.Context(), createRequest())
	if !errors.As(err, &soldOut) || *soldOut != (cloud.SoldOutError{DatacenterID: "dc-1", OfferingID: "plan-1"}) || !errors.Is(err, cloud.ErrSoldOut) {
		t.Errorf("error %v, want a SoldOutError", err)
	}
}

func TestMachinesOfAManagedClusterAreNotOrdered(t *testing.T) {
	a := newAPI()
	o := options(a)
	o.ManagedKubernetes, o.ProjectID, o.ImageID = true, "", ""
	if err := newClientWith(t, o).Create(t.Context(), createRequest()); !errors.Is(err, cloud.ErrInvalid) || len(a.requests) > 0 {
		t.Errorf("error %v after %d requests", err, len(a.requests))
	}
}

func TestKeysOfADeletedMachineAreForgotten(t *testing.T) {
	a := newAPI()
	a.on(getVM, details(`[]`))
	a.on(addSSHKey, answer(200, `{}`))
	a.on(deleteVM, answer(200, `{}`))
	client := newClient(t, a)
	machine := cloud.Machine{ID: "vm-1", Hostname: "c1-node"}
	configure := func() {
		t.Helper()
		if err := client.Configure(t.Context(), machine, cloud.Attributes{SSHKeyIDs: []string{"key-1"}}); err != nil {
			t.Fatal(err)
		}
	}
	configure()
	if err := client.Delete(t.Context(), machine); err != nil {
		t.Fatal(err)
	}
	configure() // the deletion was lost, or somebody has put the machine back
	if n := len(a.asked(addSSHKey)); n != 2 {
		t.Errorf("the key was put on %d times, want twice", n)
	}
}
