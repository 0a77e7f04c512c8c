package provisioner_test

import (
	"context"
	"errors"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// diagnoser is a Diagnoser that remembers what it was told last.
type diagnoser struct{ found []plan.Diagnosis }

func (d *diagnoser) Diagnose(s *plan.Snapshot, simulate func(*plan.Snapshot) []plan.Diagnosis) {
	d.found = simulate(s)
}

func TestADiagnoserIsToldOfEverySnapshotEvenWhenNothingCanBeBought(t *testing.T) {
	w := newWorld(t, build.NodeGroup("workers").Obj())
	w.waiting(build.Pod("web").Requests("1", "1Gi"))
	broken := errors.New("down")
	w.restart(interceptor.NewClient(w.api, interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return broken },
	}))
	if err := w.provisioner.Plan(t.Context()); !errors.Is(err, broken) {
		t.Fatalf("error %v, want that of the API server", err)
	}
	if len(w.told.found) != 1 || w.told.found[0].Pod.Name != "web" || w.told.found[0].Main != plan.ConstraintUnknown {
		t.Errorf("diagnoses %+v, want one of a pod in a cluster without a node", w.told.found)
	}
}
