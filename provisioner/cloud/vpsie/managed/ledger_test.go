package managed_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie/managed"
)

func TestLedgerGivesBackWhatWasSaved(t *testing.T) {
	ledger := managed.NewConfigMapLedger(build.API(), namespace, clusterID)
	book, err := ledger.Load(t.Context())
	if err != nil || len(book.Entries) != 0 || book.Version != "" {
		t.Fatalf("a book that was never saved: %+v, %v", book, err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	want := map[string]managed.Entry{
		"prod-a": {State: managed.StateAsked, OfferingID: "4", DatacenterID: datacenter, GroupID: 100, Since: at, Before: []string{"x", "y"}, GroupCounts: map[int64]int{100: 2}},
		"prod-b": {State: managed.StateOwned, MachineID: "z", NodeName: "slave-z", Since: at, DeletedAt: at, MissingSince: at},
	}
	maps.Copy(book.Entries, want)
	if err := ledger.Save(t.Context(), book); err != nil {
		t.Fatal(err)
	}
	got, err := ledger.Load(t.Context())
	if diff := cmp.Diff(want, got.Entries); err != nil || diff != "" {
		t.Errorf("error %v, entries (-want +got):\n%s", err, diff)
	}
	delete(got.Entries, "prod-a")
	if err := ledger.Save(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	if got, _ = ledger.Load(t.Context()); len(got.Entries) != 1 {
		t.Errorf("entries %v, want the second alone", got.Entries)
	}
}

func TestSecondWriterOfALedgerIsRefused(t *testing.T) {
	ledger := managed.NewConfigMapLedger(build.API(), namespace, clusterID)
	for round := range 2 { // the first save makes the ConfigMap, the second changes it
		first, err := ledger.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second, _ := ledger.Load(t.Context())
		first.Entries["prod-a"] = managed.Entry{State: managed.StateAsked}
		if err := ledger.Save(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if err := ledger.Save(t.Context(), second); !errors.Is(err, managed.ErrConflict) {
			t.Errorf("round %d: error %v, want %v", round, err, managed.ErrConflict)
		}
	}
}

func TestLedgerThatCannotBeReadWholeIsNotReadAtAll(t *testing.T) {
	tests := map[string]struct {
		change func(*corev1.ConfigMap)
		tells  string
	}{
		"an entry is damaged":      {func(c *corev1.ConfigMap) { c.Data["prod-b"] = "{" }, "prod-b"},
		"it is another cluster's":  {func(c *corev1.ConfigMap) { clear(c.Annotations) }, "restore its annotation"},
		"an entry is of elsewhere": {func(c *corev1.ConfigMap) { c.Data["prod-b"] = `{"state":3}` }, "prod-b"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			api := build.API()
			ledger := managed.NewConfigMapLedger(api, namespace, clusterID)
			if err := ledger.Save(t.Context(), managed.Book{Entries: map[string]managed.Entry{"prod-a": {}}}); err != nil {
				t.Fatal(err)
			}
			var object corev1.ConfigMap
			if err := api.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: managed.ConfigMapName(clusterID)}, &object); err != nil {
				t.Fatal(err)
			}
			test.change(&object)
			if err := api.Update(t.Context(), &object); err != nil {
				t.Fatal(err)
			}
			if book, err := ledger.Load(t.Context()); err == nil || !strings.Contains(err.Error(), test.tells) {
				t.Errorf("book %v, error %v, want one with %q", book, err, test.tells)
			}
		})
	}
}
