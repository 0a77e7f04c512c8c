package vpsie_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	listVMs    = "GET /api/v2/vm"
	pendingVMs = "GET /apps/v2/vm/pending"
	createVM   = "POST /api/v2/vm"
	deleteVM   = "DELETE /api/v2/vm"
	getVM      = "GET /api/v2/vm/vm-1"
)

// machines gives a new client the two lists and returns what it makes of them.
func machines(t *testing.T, vms, pending string) ([]cloud.Machine, error) {
	t.Helper()
	a := newAPI()
	a.on(listVMs, answer(200, vms))
	a.on(pendingVMs, answer(200, pending))
	return newClient(t, a).Machines(t.Context(), cloud.Filter{HostnamePrefix: "C1-"})
}

const nothing = `{"error":false,"data":[],"total":0}`

func TestMachinesKeepsThoseOfThePrefixThatExist(t *testing.T) {
	got, err := machines(t, `{"error":false,"total":8,"data":[
		{"identifier":"vm-1","hostname":"C1-Running","dcIdentifier":"dc-1","default_ip":"192.0.2.1","publicIp":"192.0.2.1",
		 "private_ip":"10.0.0.1","default_ipv6":null,"is_active":1,"is_deleted":0,"is_terminated":0,"dropped_on":null,"in_pcs":1},
		{"identifier":"vm-2","hostname":"c1-broken","dcIdentifier":"dc-1","default_ip":null,"is_active":0},
		{"identifier":"vm-3","hostname":"c1-deleted","is_active":1,"is_deleted":1},
		{"identifier":"vm-4","hostname":"c1-terminated","is_active":1,"is_terminated":"1"},
		{"identifier":"vm-5","hostname":"c1-dropped","is_active":1,"dropped_on":"2026-01-01T00:00:00Z"},
		{"identifier":"vm-6","hostname":"c10-other","is_active":1},
		{"identifier":"vm-7","hostname":"c1-unsaid"},
		{"identifier":"vm-8","hostname":null,"is_active":1}
	]}`, `{"error":false,"data":[
		{"id":"1","data":{"hostname":"C1-Waiting","dcIdentifier":"dc-1","resourceIdentifier":"plan-1","projectId":71128,"addPublicIpV4":true}},
		{"id":"2","data":{"hostname":"c1-running","dcIdentifier":"dc-1","resourceIdentifier":"plan-1"}},
		{"id":"3","data":{"hostname":"other"}},
		{"id":"4","data":null}
	]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []cloud.Machine{
		{ID: "vm-1", Hostname: "c1-running", DatacenterID: "dc-1", State: cloud.StateRunning, Addresses: []string{"192.0.2.1", "10.0.0.1"}},
		{ID: "vm-2", Hostname: "c1-broken", DatacenterID: "dc-1", State: cloud.StateBroken},
		{ID: "vm-7", Hostname: "c1-unsaid", State: cloud.StateRunning},
		{Hostname: "c1-waiting", DatacenterID: "dc-1", OfferingID: "plan-1", State: cloud.StatePending},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("machines (-want +got):\n%s", diff)
	}
}

func TestMachinesReadsTheQueueBeforeTheList(t *testing.T) {
	a := newAPI()
	built := false
	a.on(pendingVMs, func(w http.ResponseWriter, r *http.Request) {
		built = true // from here on, the machine has left the queue
		answer(200, nothing)(w, r)
	})
	a.on(listVMs, func(w http.ResponseWriter, r *http.Request) {
		body := nothing
		if built {
			body = `{"error":false,"data":[{"identifier":"vm-1","hostname":"c1-a","is_active":1}]}`
		}
		answer(200, body)(w, r)
	})
	got, err := newClient(t, a).Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"})
	if err != nil || len(got) != 1 {
		t.Errorf("machines: %v, %v; the machine that was built between the two calls is missing", got, err)
	}
}

func TestMachinesOfAnEmptyPrefixAreRefused(t *testing.T) {
	if _, err := newClient(t, newAPI()).Machines(t.Context(), cloud.Filter{HostnamePrefix: ""}); !errors.Is(err, cloud.ErrInvalid) {
		t.Errorf("error %v, want ErrInvalid", err)
	}
}

func TestAListThatMayBeIncompleteIsAnError(t *testing.T) {
	tests := map[string]struct {
		vms, pending string
		wantErr      bool
	}{
		"empty lists":                 {nothing, nothing, false},
		"null with a total of zero":   {`{"error":false,"data":null,"total":0}`, nothing, false},
		"rows wrapped in an object":   {`{"error":false,"data":{"rows":[],"count":0}}`, nothing, false},
		"no data":                     {`{"error":false}`, nothing, true},
		"false for data":              {`{"error":false,"data":false}`, nothing, true},
		"false for the queue":         {nothing, `{"error":false,"data":false}`, true},
		"a row without identifier":    {`{"error":false,"data":[{"hostname":"c1-a","is_active":1}]}`, nothing, true},
		"total beyond what pages":     {`{"error":false,"data":[{"identifier":"vm-1","hostname":"c1-a"}],"total":2}`, nothing, true},
		"wrapped total beyond rows":   {`{"error":false,"data":{"rows":[{"identifier":"vm-1","hostname":"c1-a"}],"total":2}}`, nothing, true},
		"counted total beyond rows":   {`{"error":false,"data":[{"identifier":"vm-1","hostname":"c1-a"}],"total":[{"count":2}]}`, nothing, true},
		"flag that cannot be read":    {`{"error":false,"data":[{"identifier":"vm-1","hostname":"c1-a","is_active":"yes"}]}`, nothing, true},
		"something else than objects": {`{"error":false,"data":["vm-1"]}`, nothing, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := machines(t, test.vms, test.pending)
			if test.wantErr && (!errors.Is(err, cloud.ErrTransient) || got != nil) {
				t.Errorf("got %v, %v; want ErrTransient", got, err)
			}
			if !test.wantErr && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

// paged serves n machines, at most size at a time.
func paged(n, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		var rows []string
		for i := offset; i < min(n, offset+size); i++ {
			rows = append(rows, fmt.Sprintf(`{"identifier":"vm-%d","hostname":"c1-%d","is_active":1}`, i, i))
		}
		fmt.Fprintf(w, `{"error":false,"total":%d,"data":[%s]}`, n, strings.Join(rows, ","))
	}
}

func TestMachinesFetchesThePagesOfAListWithMoreRowsThanItShows(t *testing.T) {
	a := newAPI()
	a.on(pendingVMs, answer(200, nothing))
	a.on(listVMs, paged(250, 100))
	got, err := newClient(t, a).Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"})
	if err != nil || len(got) != 250 {
		t.Fatalf("%d machines, %v; want 250", len(got), err)
	}
	asked := a.asked(listVMs)
	if len(asked) != 3 || len(asked[0].query) != 0 || asked[2].query.Get("offset") != "200" || asked[2].query.Get("limit") == "" {
		t.Errorf("requests: %v", asked)
	}
}

func TestMachinesRefusesPagesThatMove(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"the total changes": answers(paged(5, 2), paged(6, 2)),
		"the offset is ignored": func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = ""
			paged(5, 2)(w, r)
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			a := newAPI()
			a.on(pendingVMs, answer(200, nothing))
			a.on(listVMs, handler)
			if got, err := newClient(t, a).Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"}); !errors.Is(err, cloud.ErrTransient) {
				t.Errorf("got %d machines, %v; want ErrTransient", len(got), err)
			}
		})
	}
}

func createRequest() cloud.CreateRequest {
	return cloud.CreateRequest{
		Hostname: "C1-Node", OfferingID: "plan-1", DatacenterID: "dc-1",
		UserData: []byte("#cloud-config\ntoken: abcdef.0123456789abcdef\n"), Attributes: cloud.Attributes{Tags: map[string]string{"team": "web"}},
	}
}

func TestCreateSendsWhatTheAPIWants(t *testing.T) {
	a := newAPI()
	a.on(createVM, answer(200, `{"error":false,"data":true}`))
	if err := newClient(t, a).Create(t.Context(), createRequest()); err != nil {
		t.Fatal(err)
	}
	sent := a.asked(createVM)[0]
	want := map[string]any{
		"resourceIdentifier": "plan-1", "osIdentifier": "image-1", "dcIdentifier": "dc-1", "hostname": "c1-node", "projectId": "71128",
		"addPublicIpV4": "1", "addPublicIpV6": "0", "addPrivateIp": "0",
		"backupEnabled": "0", "weeklyBackupEnabled": "0", "monthlyBackupEnabled": "0",
		"isGeneratedPassword": true, "tags": []any{"team=web"},
		"userData": base64.StdEncoding.EncodeToString(createRequest().UserData),
	}
	if diff := cmp.Diff(want, decode(t, sent.body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if sent.header.Get("Vpsie-Auth") != token || sent.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers: %v", sent.header)
	}
}

func TestCreateKeepsTheImageOfTheRequest(t *testing.T) {
	a := newAPI()
	a.on(createVM, answer(204, ""))
	r := createRequest()
	r.ImageID = "image-2"
	if err := newClient(t, a).Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := decode(t, a.asked(createVM)[0].body)["osIdentifier"]; got != "image-2" {
		t.Errorf("osIdentifier %v", got)
	}
}

func TestCreateIsSentOnceWhateverTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		a.on(createVM, answer(502, "<html>bad gateway</html>"))
		err := newClient(t, a).Create(t.Context(), createRequest())
		if !errors.Is(err, cloud.ErrTransient) || cloud.Rejected(err) {
			t.Errorf("error %v, want an unproven ErrTransient", err)
		}
		if n := len(a.asked(createVM)); n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
}

func TestCreateOfAnIncompleteRequestIsNotSent(t *testing.T) {
	a := newAPI()
	if err := newClient(t, a).Create(t.Context(), cloud.CreateRequest{Hostname: "c1-a"}); !errors.Is(err, cloud.ErrInvalid) {
		t.Errorf("error %v, want ErrInvalid", err)
	}
	if len(a.requests) != 0 {
		t.Errorf("sent %v", a.requests)
	}
}

func TestDeleteSendsThePasswordThatItLooksUp(t *testing.T) {
	a := newAPI()
	a.on(getVM, answer(200, `{"error":false,"data":{"vmData":{"identifier":"vm-1","hostname":"C1-Node","initial_password":"s3cret"}}}`))
	a.on(deleteVM, answer(200, `{"error":false,"data":true}`))
	if err := newClient(t, a).Delete(t.Context(), cloud.Machine{ID: "vm-1", Hostname: "c1-node"}); err != nil {
		t.Fatal(err)
	}
	body := decode(t, a.asked(deleteVM)[0].body)
	reason, _ := body["deleteStatistic"].(map[string]any)
	if body["vmIdentifier"] != "vm-1" || body["password"] != "s3cret" || reason["reason"] != "autoscaler" {
		t.Errorf("body %v", body)
	}
}

func TestDeleteIsSentEvenIfTheMachineCannotBeLookedUp(t *testing.T) {
	for name, lookup := range map[string]http.HandlerFunc{
		"not found":   answer(404, `{"error":true,"message":"Not found"}`),
		"false":       answer(200, `{"error":false,"data":false}`),
		"empty array": answer(200, `{"error":false,"data":[]}`),
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI()
			a.on(getVM, lookup)
			a.on(deleteVM, answer(200, `{"error":true,"message":"VM not found"}`))
			if err := newClient(t, a).Delete(t.Context(), cloud.Machine{ID: "vm-1", Hostname: "c1-node"}); err != nil {
				t.Errorf("error %v; a machine that is gone is none", err)
			}
			if len(a.asked(deleteVM)) != 1 {
				t.Error("the deletion was not sent")
			}
		})
	}
}

func TestDeleteRefusesWhatIsNotOurs(t *testing.T) {
	tests := map[string]cloud.Machine{
		"a machine without ID":        {Hostname: "c1-node"},
		"a machine of another person": {ID: "vm-1", Hostname: "c1-node"},
	}
	for name, machine := range tests {
		t.Run(name, func(t *testing.T) {
			a := newAPI()
			a.on(getVM, answer(200, `{"error":false,"data":{"vmData":{"hostname":"database"}}}`))
			if err := newClient(t, a).Delete(t.Context(), machine); !errors.Is(err, cloud.ErrInvalid) {
				t.Errorf("error %v, want ErrInvalid", err)
			}
			if len(a.asked(deleteVM)) != 0 {
				t.Error("the deletion was sent")
			}
		})
	}
}

func TestDeleteReportsARefusal(t *testing.T) {
	a := newAPI()
	a.on(getVM, answer(200, `{"error":false,"data":{"vmData":{"hostname":"c1-node"}}}`))
	a.on(deleteVM, answer(500, `{"error":true,"message":"task is running"}`))
	if err := newClient(t, a).Delete(t.Context(), cloud.Machine{ID: "vm-1", Hostname: "c1-node"}); !errors.Is(err, cloud.ErrTransient) {
		t.Errorf("error %v, want ErrTransient", err)
	}
}
