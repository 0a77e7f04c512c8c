package budget_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/admissiontest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/webhook/budget"
)

const path = "/validate/budget"

// log collects texts from several goroutines.
type log struct {
	mu    sync.Mutex
	texts []string
}

func (l *log) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts = append(l.texts, text)
}

// take gives the texts since the last time.
func (l *log) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	texts := l.texts
	l.texts = nil
	return texts
}

// HandleWarningHeader collects what the API server says to a client.
func (l *log) HandleWarningHeader(_ int, _, text string) { l.add(text) }

// serve answers the API server about budgets, under the conditions of the manifest, and collects the names it is asked about.
func serve(t *testing.T, cluster *controlplanetest.Cluster) *log {
	t.Helper()
	reader := admissiontest.Caches(t, cluster, func(caches cache.Cache) error { return budget.Watch(t.Context(), caches) })
	asked, handler := &log{}, &budget.Handler{Reader: reader, Decoder: admission.NewDecoder(build.Scheme())}
	admissiontest.Serve(t, cluster, path, admission.HandlerFunc(func(ctx context.Context, request admission.Request) admission.Response {
		asked.add(request.Name)
		return handler.Handle(ctx, request)
	}))
	return asked
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func TestKubectlIsToldOfDoubts(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	asked, told, config := serve(t, cluster), &log{}, cluster.Config()
	config.WarningHandler = told
	ann, err := kubernetes.NewForConfig(config)
	must(t, "make a client", err)
	budgets := ann.PolicyV1().PodDisruptionBudgets(cluster.Namespace(t))
	here := func(name, number string) *policyv1.PodDisruptionBudget {
		object := maxUnavailable(number)
		object.ObjectMeta = metav1.ObjectMeta{Name: name}
		return object
	}
	controlplanetest.Eventually(t, "the API server to ask", func(ctx context.Context) error {
		_, err := budgets.Create(ctx, here("probe", "1"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil && len(asked.take()) == 0 {
			err = errors.New("it does not")
		}
		return err
	})
	told.take()
	const nothing = "spec.selector matches no pod and no pod template in the namespace at the moment"

	_, err = budgets.Create(t.Context(), here("web", "0"), metav1.CreateOptions{})
	must(t, "create a budget", err)
	if got := told.take(); !slices.Equal(got, []string{"spec.maxUnavailable: 0 holds every drain for ever: let at least one pod go", nothing}) {
		t.Errorf("told %q of a new budget", got)
	}
	asked.take()
	_, err = budgets.Patch(t.Context(), "web", types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{})
	must(t, "label it", err)
	_, err = budgets.Patch(t.Context(), "web", types.MergePatchType, []byte(`{"status":{"currentHealthy":1}}`), metav1.PatchOptions{}, "status")
	must(t, "report its status", err)
	if got := asked.take(); len(got) != 0 {
		t.Errorf("asked about %q, of which no spec was changed", got)
	}
	_, err = budgets.Patch(t.Context(), "web", types.MergePatchType, []byte(`{"spec":{"maxUnavailable":1}}`), metav1.PatchOptions{})
	must(t, "correct it", err)
	if got := told.take(); !slices.Equal(got, []string{nothing}) {
		t.Errorf("told %q of the corrected budget", got)
	}
	must(t, "delete it", budgets.Delete(t.Context(), "web", metav1.DeleteOptions{}))
	if got := told.take(); len(got) != 0 {
		t.Errorf("told %q of the deletion", got)
	}
}
