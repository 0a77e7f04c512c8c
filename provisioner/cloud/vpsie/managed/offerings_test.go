package managed_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie/managed"
)

func TestSizesAreOfferings(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		offerings, err := w.provider.Offerings(t.Context(), datacenter)
		if err != nil || len(offerings) != 2 {
			t.Fatalf("offerings %v, error %v", offerings, err)
		}
		first, second := offerings[0], offerings[1]
		if first.ID != "4" || first.Name != "G-2" || first.Arch != "amd64" || first.Price.String() != "$0.0611/h" || first.Capacity.Cpu().Value() != 2 {
			t.Errorf("offering %+v", first)
		}
		if second.ID != "5" || second.Name != "G-4" || second.Price.String() != "$0.1229/h" || second.Capacity.StorageEphemeral().Value() != 200e9 {
			t.Errorf("offering %+v", second)
		}
	})
}

func TestSizeWithoutDiskIsSoldWithoutRoomForIt(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.answer = func(answer http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/k8s/offers") {
				return false
			}
			reply(answer, []map[string]any{
				{"id": 7, "cpu": 2, "ram": 4096, "price": 10},
				{"id": 7, "cpu": 2, "ram": 4096, "price": 10},
				{"id": 8, "cpu": 2, "ram": 4096, "price": nil},
				{"cpu": 2, "ram": 4096, "price": 10},
			})
			return true
		}
		offerings, err := w.provider.Offerings(t.Context(), datacenter)
		if err != nil || len(offerings) != 1 || offerings[0].Name != "size-7" || !offerings[0].Capacity.StorageEphemeral().IsZero() {
			t.Errorf("offerings %+v, error %v, want size 7 alone", offerings, err)
		}
	})
}

func TestOldListOfSizesStandsInForAnHour(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		if _, err := w.provider.Offerings(t.Context(), datacenter); err != nil {
			t.Fatal(err)
		}
		w.answer = func(answer http.ResponseWriter, _ *http.Request) bool {
			refuse(answer, http.StatusBadGateway, "bad gateway")
			return true
		}
		time.Sleep(30 * time.Minute)
		if offerings, err := w.provider.Offerings(t.Context(), datacenter); err != nil || len(offerings) != 2 {
			t.Errorf("%d offerings, error %v", len(offerings), err)
		}
		time.Sleep(time.Hour)
		if _, err := w.provider.Offerings(t.Context(), datacenter); err == nil || cloud.Advise(err).Action == cloud.ActionGiveUp {
			t.Errorf("error %v", err)
		}
	})
}

func TestOptionsThatAreMissingAreNamed(t *testing.T) {
	_, err := managed.New(managed.Options{AddTimeout: -1, PollInterval: -1})
	for _, field := range []string{"Client", "ClusterID", "Ledger", "AddTimeout", "PollInterval"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("error %v does not name %s", err, field)
		}
	}
}

func TestUnknownClusterIsNotAnEmptyOne(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.answer = func(answer http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, clusterID) {
				return false
			}
			reply(answer, false)
			return true
		}
		if list, err := w.provider.Machines(t.Context(), cloud.Filter{HostnamePrefix: prefix}); !errors.Is(err, cloud.ErrNotFound) {
			t.Errorf("%d machines, error %v", len(list), err)
		}
	})
}
