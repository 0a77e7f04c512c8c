package diary

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func bought(name string, pods ...string) v1alpha1.VPSieNode {
	machine := v1alpha1.VPSieNode{}
	machine.Name, machine.Spec.Decision.Pods = name, pods
	return machine
}

func TestAgreementCountsPodsThatAreWhereTheyWerePlanned(t *testing.T) {
	renamed := bought("m3", "ns/e")
	renamed.Status.NodeName = "n3"
	machines := []v1alpha1.VPSieNode{bought("m1", "ns/a", "ns/b"), bought("m2", "ns/b", "ns/c"), renamed}
	entries := []Entry{
		{Pod: "ns/a", Node: "m1"}, // as planned
		{Pod: "ns/b", Node: "m2"}, // as planned the second time
		{Pod: "ns/c", Node: "m1"}, // elsewhere
		{Pod: "ns/d", Node: "m1"}, // nobody planned it
		{Pod: "ns/e", Node: "n3"}, // on a machine whose Node has another name
		{Pod: "other/a"},          // not planned, only a namesake
	}
	if got, want := Agree(entries, machines), (Agreement{Planned: 4, OnPlanned: 3}); got != want || got.Share() != 0.75 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	nominated := []Entry{{Pod: "ns/x", Nominated: "n1", Node: "n1"}, {Pod: "ns/y", Nominated: "n1", Node: "n2"}, {Pod: "ns/z", Nominated: "n1"}}
	if got, want := Agree(nominated, machines), (Agreement{Nominated: 3, OnNominated: 1}); got != want {
		t.Errorf("nominated pods: got %+v, want %+v", got, want)
	}
	waiting := []Entry{{Pod: "ns/a"}}
	if got, want := Agree(waiting, machines), (Agreement{Planned: 1}); got != want {
		t.Errorf("a pod without a node: got %+v, want %+v", got, want)
	}
	if got := Agree(nil, nil).Share(); got != 1 {
		t.Errorf("the share of nothing is %v, want 1", got)
	}
}

// The times of an entry are those of the first sight of each change.
func TestDiaryNotesTheFirstTimeOfEachChange(t *testing.T) {
	d := &Diary{pods: map[string]*Entry{}}
	d.note(build.Pod("web").Obj())
	if got := d.Entries(); len(got) != 1 || !got[0].Flagged.IsZero() || d.Bound() != 0 {
		t.Fatalf("a new pod: got %+v", got)
	}
	d.note(build.Pod("web").Unschedulable().Obj())
	flagged := d.Entries()[0].Flagged
	if flagged.IsZero() {
		t.Fatal("the refusal was not noted")
	}
	d.note(build.Pod("web").Unschedulable().Obj())
	d.note(build.Pod("web").Unschedulable().Nominated("n2").Obj())
	d.note(build.Pod("web").Unschedulable().Nominated("n1").Obj())
	d.note(build.Pod("web").On("n1").Phase(corev1.PodPending).Obj())
	if got := d.Entries()[0]; got.Node != "n1" || got.Nominated != "n1" || got.Bound.IsZero() || !got.Flagged.Equal(flagged) || d.Bound() != 1 || d.Running() != 0 {
		t.Fatalf("a bound pod: got %+v", got)
	}
	d.note(build.Pod("web").On("n1").Obj())
	if got := d.Entries()[0]; got.Running.Before(got.Bound) || d.Running() != 1 || time.Since(got.Running) < 0 {
		t.Fatalf("a running pod: got %+v", got)
	}
}
