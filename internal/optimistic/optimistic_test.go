package optimistic_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/internal/optimistic"
)

func TestOnlyALostRaceIsLookedAtAgainWithoutAnError(t *testing.T) {
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "nodes"}, "a", errors.New("changed"))
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		err       error
		wantErr   error
		wantAgain bool
	}{
		"no error":               {nil, nil, false},
		"a lost race":            {conflict, nil, true},
		"a lost race, explained": {fmt.Errorf("cordon Node a: %w", conflict), nil, true},
		"another error":          {broken, broken, false},
		"both at once":           {errors.Join(broken, conflict), broken, false},
	} {
		t.Run(name, func(t *testing.T) {
			inner := reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
				return reconcile.Result{RequeueAfter: time.Hour}, test.err
			})
			result, err := optimistic.Retry(inner).Reconcile(t.Context(), reconcile.Request{})
			if !errors.Is(err, test.wantErr) || (err == nil) != (test.wantErr == nil) {
				t.Errorf("error %v, want %v", err, test.wantErr)
			}
			if again := result.RequeueAfter > 0 && result.RequeueAfter < time.Second; again != test.wantAgain {
				t.Errorf("look again after %v, want soon: %v", result.RequeueAfter, test.wantAgain)
			}
		})
	}
}
