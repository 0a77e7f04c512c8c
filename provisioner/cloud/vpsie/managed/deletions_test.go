package managed_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

func TestWorkerThatIsNotOursIsNeverDeleted(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		foreign := w.add(4)
		time.Sleep(2 * w.addTime)
		mine := w.running(hostname)
		for name, machine := range map[string]cloud.Machine{
			"added by hand":                {ID: foreign.id, Hostname: prefix + "other"},
			"added by hand, without name":  {ID: foreign.id},
			"ours under another host name": {ID: mine.ID, Hostname: prefix + "other"},
			"the control plane":            {ID: "master-1"},
		} {
			if err := w.provider.Delete(t.Context(), machine); !errors.Is(err, cloud.ErrInvalid) {
				t.Errorf("%s: error %v, want %v", name, err, cloud.ErrInvalid)
			}
		}
		w.runFor(time.Hour)
		if len(w.alive()) != 2 {
			t.Errorf("workers %v are left, want 2", w.alive())
		}
	})
}

func TestDeletionWaitsForAnOrderOfTheSameGroup(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		first := w.running(hostname)
		w.create(prefix + "web-2")
		awaits(t, w.provider.Delete(t.Context(), first))
		w.runFor(2 * w.addTime)
		if err := w.provider.Delete(t.Context(), first); err != nil {
			t.Error(err)
		}
		w.runFor(time.Minute)
		if got := w.machines(); len(got) != 1 || got[prefix+"web-2"].State != cloud.StateRunning {
			t.Errorf("machines %+v, want the second alone", got)
		}
	})
}

func TestDeletionFromAnotherGroupGoesOnBesideAnOrder(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		first := w.running(hostname)
		other := request(prefix + "big-1")
		other.OfferingID = "5"
		if err := w.provider.Create(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		if err := w.provider.Delete(t.Context(), first); err != nil {
			t.Error(err)
		}
		w.runFor(2 * w.addTime)
		if got := w.machines(); len(got) != 1 || got[prefix+"big-1"].State != cloud.StateRunning {
			t.Errorf("machines %+v, want the big one alone", got)
		}
	})
}

func TestOrderWaitsForADeletionFromTheSameGroup(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		first := w.running(hostname)
		if err := w.provider.Delete(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		awaits(t, w.provider.Create(t.Context(), request(prefix+"web-2")))
		w.runFor(time.Minute)
		w.running(prefix + "web-2")
	})
}

// withoutWorkers makes the cluster's answer leave out its workers, or its list of them.
func (w *world) withoutWorkers(nodes any) {
	w.answer = func(answer http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/cluster/byId/"+clusterID) {
			return false
		}
		_ = json.NewEncoder(answer).Encode(map[string]any{"error": false, "data": map[string]any{"identifier": clusterID, "nodes": nodes}})
		return true
	}
}

func TestWorkerThatAListLeavesOutIsStillOurs(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		machine := w.running(hostname)
		w.withoutWorkers([]any{})
		w.runFor(30 * time.Minute)
		if len(w.machines()) != 0 {
			t.Error("a worker is listed that VPSie does not list")
		}
		w.answer = nil
		if got := w.machines()[hostname]; got.ID != machine.ID {
			t.Errorf("machine %+v, want it back", got)
		}
		w.withoutWorkers([]any{})
		w.runFor(2 * time.Hour)
		if entry, found := w.entry(hostname); found {
			t.Errorf("still on record after two hours: %+v", entry)
		}
	})
}

func TestAnswerThatDoesNotTellAllIsAnError(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.running(hostname)
		for name, nodes := range map[string]any{"no list": nil, "a row without identifier": []any{map[string]any{"hostname": "HEL-slave-1"}}} {
			w.withoutWorkers(nodes)
			if list, err := w.provider.Machines(t.Context(), cloud.Filter{HostnamePrefix: prefix}); !errors.Is(err, cloud.ErrTransient) {
				t.Errorf("%s: %d machines, error %v, want %v", name, len(list), err, cloud.ErrTransient)
			}
		}
		w.answer = func(answer http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/node/groups/") {
				return false
			}
			reply(answer, []any{map[string]any{"id": 100, "boxsize_id": 4}})
			return true
		}
		err := w.provider.Create(t.Context(), request(prefix+"web-2"))
		if err == nil || !cloud.Rejected(err) || w.count("add worker") != 1 {
			t.Errorf("error %v with a group that does not say how many workers it has", err)
		}
	})
}
