package budget_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/webhook/budget"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, controlplane.Options{}))
}

var web = map[string]string{"app": "web"}

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: build.Namespace, Name: name, UID: build.UID(name)}
}

func template() corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web", "tier": "front"}}}
}

func deployment(replicas int32) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: meta("web"), Spec: appsv1.DeploymentSpec{Replicas: &replicas, Template: template()}}
}

// replicaSet belongs to the owners, the first of which is its controller.
func replicaSet(name string, replicas int32, deployments ...string) *appsv1.ReplicaSet {
	set := &appsv1.ReplicaSet{ObjectMeta: meta(name), Spec: appsv1.ReplicaSetSpec{Replicas: &replicas, Template: template()}}
	for _, owner := range deployments {
		set.OwnerReferences = build.Pod("").OwnedBy("Deployment", owner).Obj().OwnerReferences
	}
	return set
}

func statefulSet(replicas int32) *appsv1.StatefulSet {
	return &appsv1.StatefulSet{ObjectMeta: meta("db"), Spec: appsv1.StatefulSetSpec{Replicas: &replicas, Template: template()}}
}

// selected is a pod that the budgets of these tests select.
func selected(b *build.PodBuilder) *corev1.Pod {
	pod := b.Obj()
	pod.Labels = map[string]string{"app": "web", "tier": "front"}
	return pod
}

func replicas(names ...string) (pods []client.Object) {
	for _, name := range names {
		pods = append(pods, selected(build.Pod(name).On("n").OwnedBy("ReplicaSet", "web-1")))
	}
	return pods
}

func pdb(name string, change func(*policyv1.PodDisruptionBudgetSpec)) *policyv1.PodDisruptionBudget {
	object := &policyv1.PodDisruptionBudget{ObjectMeta: meta(name), Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: web}}}
	change(&object.Spec)
	return object
}

func minAvailable(value string) *policyv1.PodDisruptionBudget {
	parsed := intstr.Parse(value)
	return pdb("budget", func(s *policyv1.PodDisruptionBudgetSpec) { s.MinAvailable = &parsed })
}

func maxUnavailable(value string) *policyv1.PodDisruptionBudget {
	parsed := intstr.Parse(value)
	return pdb("budget", func(s *policyv1.PodDisruptionBudgetSpec) { s.MaxUnavailable = &parsed })
}

// rival is a harmless budget for pods with the labels.
func rival(name string, labels map[string]string) *policyv1.PodDisruptionBudget {
	one := intstr.FromInt32(1)
	return pdb(name, func(s *policyv1.PodDisruptionBudgetSpec) {
		s.MaxUnavailable, s.Selector = &one, &metav1.LabelSelector{MatchLabels: labels}
	})
}

// ask asks about the creation of a budget, or about an update where there is one before.
func ask(t testing.TB, reader client.Reader, before, after *policyv1.PodDisruptionBudget) admission.Response {
	t.Helper()
	request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{Operation: admissionv1.Create, Namespace: build.Namespace}}
	encode := func(object *policyv1.PodDisruptionBudget) runtime.RawExtension {
		object = object.DeepCopy()
		object.Namespace = "" // as in a file that names none; the request does
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		return runtime.RawExtension{Raw: raw}
	}
	request.Object = encode(after)
	if before != nil {
		request.Operation, request.OldObject = admissionv1.Update, encode(before)
	}
	handler := &budget.Handler{Reader: reader, Decoder: admission.NewDecoder(build.Scheme())}
	return handler.Handle(t.Context(), request)
}

func TestWhatTheAuthorOfABudgetIsTold(t *testing.T) {
	const nothing = "spec.selector matches no pod and no pod template in the namespace at the moment"
	running := slices.Clip(append(replicas("web-1-a", "web-1-b"), deployment(2), replicaSet("web-1", 2, "web"), replicaSet("web-0", 0, "web")))
	elsewhere := deployment(2)
	elsewhere.Namespace = "elsewhere"
	other := deployment(2)
	other.Spec.Template.Labels = map[string]string{"app": "other"}
	going := rival("going", web)
	now := metav1.Now()
	going.DeletionTimestamp, going.Finalizers = &now, []string{"example.com/hold"}
	cases := map[string]struct {
		budget  *policyv1.PodDisruptionBudget
		objects []client.Object
		want    []string
	}{
		"one of two may go":                    {maxUnavailable("1"), running, nil},
		"one of two must stay":                 {minAvailable("1"), running, nil},
		"half of two must stay":                {minAvailable("50%"), running, nil},
		"a small share may go":                 {maxUnavailable("1%"), running, nil},
		"it asks for nothing":                  {pdb("budget", func(*policyv1.PodDisruptionBudgetSpec) {}), running, nil},
		"a number larger than 100":             {minAvailable("100"), []client.Object{deployment(200)}, nil},
		"almost all of many":                   {minAvailable("99%"), []client.Object{deployment(100)}, nil},
		"none may go":                          {maxUnavailable("0"), running, []string{"spec.maxUnavailable: 0 holds every drain for ever: let at least one pod go"}},
		"no share may go":                      {maxUnavailable("0%"), running, []string{"spec.maxUnavailable: 0% holds every drain for ever: let at least one pod go"}},
		"all must stay":                        {minAvailable("100%"), running, []string{"spec.minAvailable: 100% holds every drain for ever: let at least one pod go"}},
		"all of two must stay":                 {minAvailable("2"), running, []string{"spec.minAvailable: 2 of 2 pods of Deployment web holds every drain for ever: add replicas or lower it"}},
		"more than there are must stay":        {minAvailable("3"), running, []string{"spec.minAvailable: 3 of 2 pods of Deployment web holds every drain for ever: add replicas or lower it"}},
		"half of one must stay":                {minAvailable("50%"), []client.Object{deployment(1)}, []string{"spec.minAvailable: 50% of 1 pod of Deployment web holds every drain for ever: add replicas or lower it"}},
		"almost all of few":                    {minAvailable("90%"), []client.Object{statefulSet(5)}, []string{"spec.minAvailable: 90% of 5 pods of StatefulSet db holds every drain for ever: add replicas or lower it"}},
		"a ReplicaSet of nobody":               {minAvailable("2"), []client.Object{replicaSet("rs", 2)}, []string{"spec.minAvailable: 2 of 2 pods of ReplicaSet rs holds every drain for ever: add replicas or lower it"}},
		"a ReplicaSet of something else":       {minAvailable("2"), []client.Object{replicaSet("rs", 2, "unknown"), replicaSet("old", 0, "unknown")}, []string{"spec.minAvailable: 2 of 2 pods of ReplicaSet rs holds every drain for ever: add replicas or lower it"}},
		"two controllers together":             {minAvailable("4"), append(running, statefulSet(3)), nil},
		"two controllers together, all":        {minAvailable("5"), append(running, statefulSet(3)), []string{"spec.minAvailable: 5 of 5 pods holds every drain for ever: add replicas or lower it"}},
		"a controller and a pod of nobody":     {minAvailable("3"), append(running, selected(build.Pod("alone").On("n"))), []string{"spec.minAvailable: 3 of 3 pods holds every drain for ever: add replicas or lower it"}},
		"no replicas are wanted":               {minAvailable("1"), []client.Object{deployment(0)}, nil},
		"a share of pods of nobody":            {minAvailable("10%"), append(replicas("a", "b", "c"), replicaSet("web-1", 3), selected(build.Pod("alone"))), []string{"spec.minAvailable needs controllers with a scale, which pod alone lacks: use a number in minAvailable"}},
		"a share of pods of Jobs":              {maxUnavailable("1"), []client.Object{selected(build.Pod("c").OwnedBy("Job", "j")), selected(build.Pod("b").OwnedBy("Job", "j")), selected(build.Pod("a").OwnedBy("DaemonSet", "d"))}, []string{"spec.maxUnavailable needs controllers with a scale, which pod a and 2 more lack: use a number in minAvailable"}},
		"two pods of nobody":                   {maxUnavailable("1"), []client.Object{selected(build.Pod("b")), selected(build.Pod("a"))}, []string{"spec.maxUnavailable needs controllers with a scale, which pod a and 1 more lack: use a number in minAvailable"}},
		"a number of pods of nobody":           {minAvailable("1"), []client.Object{selected(build.Pod("a")), selected(build.Pod("b"))}, nil},
		"nothing to protect":                   {maxUnavailable("1"), []client.Object{elsewhere, other}, []string{nothing}},
		"only what has ended":                  {maxUnavailable("1"), []client.Object{selected(build.Pod("done").Phase(corev1.PodSucceeded)), selected(build.Pod("late").Terminating(time.Now()).Lingering())}, []string{nothing}},
		"no selector":                          {pdb("budget", func(s *policyv1.PodDisruptionBudgetSpec) { s.Selector = nil }), running, []string{"spec.selector is missing: the budget selects no pod; {} selects all of the namespace"}},
		"a selector of all":                    {pdb("budget", func(s *policyv1.PodDisruptionBudgetSpec) { s.Selector = &metav1.LabelSelector{} }), running, nil},
		"another budget for the same":          {maxUnavailable("1"), append(running, rival("other", map[string]string{"tier": "front"})), []string{"Deployment web is also selected by PodDisruptionBudget other: evictions of pods with two budgets fail"}},
		"other budgets for the same":           {maxUnavailable("1"), append(running, rival("z", web), rival("a", web), rival("m", web)), []string{"Deployment web is also selected by PodDisruptionBudget a and 2 more: evictions of pods with two budgets fail"}},
		"another budget for a pod of nobody":   {minAvailable("1"), []client.Object{selected(build.Pod("b")), selected(build.Pod("a")), rival("other", web)}, []string{"pod a is also selected by PodDisruptionBudget other: evictions of pods with two budgets fail"}},
		"another budget for something else":    {maxUnavailable("1"), append(running, rival("other", map[string]string{"app": "other"})), nil},
		"another budget that is being deleted": {maxUnavailable("1"), append(running, going), nil},
		"the budget itself, as it was":         {maxUnavailable("1"), append(running, rival("budget", web)), nil},
		"another budget with a broken selector": {maxUnavailable("1"), append(running, pdb("broken", func(s *policyv1.PodDisruptionBudgetSpec) {
			s.Selector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "a", Operator: "?"}}
		})), nil},
		"several faults": {maxUnavailable("0"), []client.Object{rival("other", web), selected(build.Pod("a"))}, []string{
			"spec.maxUnavailable: 0 holds every drain for ever: let at least one pod go",
			"spec.maxUnavailable needs controllers with a scale, which pod a lacks: use a number in minAvailable",
			"pod a is also selected by PodDisruptionBudget other: evictions of pods with two budgets fail",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := ask(t, build.API(c.objects...), nil, c.budget)
			if !got.Allowed || !slices.Equal(got.Warnings, c.want) {
				t.Errorf("answered %v %q, want %q", got.Allowed, got.Warnings, c.want)
			}
			for _, warning := range got.Warnings {
				if len(warning) > 120 {
					t.Errorf("%d characters: %s", len(warning), warning)
				}
			}
		})
	}
}

func TestOnlyAChangedBudgetIsTalkedAbout(t *testing.T) {
	reader := build.API(deployment(2))
	if got := ask(t, reader, minAvailable("2"), minAvailable("2")); !got.Allowed || len(got.Warnings) != 0 {
		t.Errorf("as it was: answered %+v", got)
	}
	if got := ask(t, reader, minAvailable("1"), minAvailable("2")); !got.Allowed || len(got.Warnings) != 1 {
		t.Errorf("changed: answered %+v", got)
	}
	going := minAvailable("2")
	now := metav1.Now()
	going.DeletionTimestamp = &now
	if got := ask(t, reader, minAvailable("1"), going); !got.Allowed || len(got.Warnings) != 0 {
		t.Errorf("being deleted: answered %+v", got)
	}
}

func TestABudgetPassesThatCannotBeLookedAt(t *testing.T) {
	for _, list := range []client.ObjectList{
		&corev1.PodList{}, &policyv1.PodDisruptionBudgetList{}, &appsv1.DeploymentList{}, &appsv1.StatefulSetList{}, &appsv1.ReplicaSetList{},
	} {
		reader := build.Failing(build.API(), build.OnList, list, errors.New("no cache"))
		if got := ask(t, reader, nil, maxUnavailable("0")); !got.Allowed || len(got.Warnings) != 0 {
			t.Errorf("without %T: answered %+v", list, got)
		}
	}
	broken := pdb("budget", func(s *policyv1.PodDisruptionBudgetSpec) {
		s.Selector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "a", Operator: "?"}}
	})
	if got := ask(t, build.API(), nil, broken); !got.Allowed {
		t.Errorf("a broken selector: answered %+v", got)
	}
}

func TestOnlyCreationsAndUpdatesAreLookedAt(t *testing.T) {
	handler := &budget.Handler{Reader: build.API(), Decoder: admission.NewDecoder(build.Scheme())}
	const whole = `{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","spec":{"maxUnavailable":0}}`
	cases := map[string]struct {
		operation, subresource, object, old string
		code                                int32
	}{
		"a creation":                    {"CREATE", "", whole, "", 200},
		"a deletion":                    {"DELETE", "", "", whole, 200},
		"a connection":                  {"CONNECT", "", "", "", 200},
		"a status":                      {"UPDATE", "status", whole, whole, 200},
		"an unknown operation":          {"PATCH", "", whole, whole, 400},
		"nothing":                       {"CREATE", "", "", "", 400},
		"null":                          {"CREATE", "", "null", "", 200},
		"another kind":                  {"CREATE", "", `{"apiVersion":"v1","kind":"Pod"}`, "", 400},
		"another shape":                 {"CREATE", "", `{"spec":[]}`, "", 400},
		"an update from nothing":        {"UPDATE", "", whole, "", 400},
		"an update from something else": {"UPDATE", "", whole, "[]", 400},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := handler.Handle(t.Context(), admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
				Operation: admissionv1.Operation(c.operation), SubResource: c.subresource,
				Object: runtime.RawExtension{Raw: []byte(c.object)}, OldObject: runtime.RawExtension{Raw: []byte(c.old)},
			}})
			if got.Result.Code != c.code || got.Allowed != (c.code == 200) {
				t.Errorf("answered %+v %+v, want code %d", got, got.Result, c.code)
			}
		})
	}
}

// FuzzBudget checks that nothing that is sent makes the handler panic, and that what it can read passes.
func FuzzBudget(f *testing.F) {
	for _, seed := range []string{
		`{"spec":{"maxUnavailable":"x%","selector":{"matchExpressions":[{"key":"","operator":"In"}]}}}`,
		`{"spec":{"minAvailable":-1,"selector":{}}}`, `{"spec":{"minAvailable":"","maxUnavailable":99999999999}}`, `{"spec":null}`, `null`, `[]`, ``,
	} {
		f.Add(seed, seed, "CREATE")
		f.Add(seed, `{}`, "UPDATE")
	}
	handler := &budget.Handler{Reader: build.API(deployment(1), selected(build.Pod("a"))), Decoder: admission.NewDecoder(build.Scheme())}
	f.Fuzz(func(t *testing.T, object, old, operation string) {
		got := handler.Handle(t.Context(), admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
			Operation: admissionv1.Operation(operation), Namespace: build.Namespace,
			Object: runtime.RawExtension{Raw: []byte(object)}, OldObject: runtime.RawExtension{Raw: []byte(old)},
		}})
		if !got.Allowed && got.Result.Code != 400 {
			t.Fatalf("answered %+v %+v", got, got.Result)
		}
	})
}
