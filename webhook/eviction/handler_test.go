package eviction_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// held is a pod that asks for peace, beside another replica.
func held() *corev1.Pod {
	pod := replica("held")
	metav1.SetMetaDataAnnotation(&pod.ObjectMeta, v1alpha1.AnnotationDoNotDisrupt, "true")
	return pod
}

func TestRefusalMakesDrainsWaitAndTellsItselfFromABudget(t *testing.T) {
	deployment, set := web(2)
	w := newWorld(0, deployment, set, held(), replica("other"))
	response := w.ask(t, "held")
	result := response.Result
	if response.Allowed || result.Code != http.StatusTooManyRequests || result.Reason != metav1.StatusReasonTooManyRequests || result.Status != metav1.StatusFailure {
		t.Fatalf("answered %+v %+v, want 429", response, result)
	}
	if result.Details.RetryAfterSeconds != 0 {
		t.Error("the client is told to repeat the request by itself")
	}
	if !strings.HasPrefix(result.Message, "DoNotDisrupt: pod held has the annotation") {
		t.Errorf("message %q", result.Message)
	}
	if causes := result.Details.Causes; len(causes) != 1 || causes[0].Type != "autoscaler.vpsie.com/DoNotDisrupt" || !strings.HasPrefix(causes[0].Message, "pod held") {
		t.Errorf("causes %+v", causes)
	}
	if !slices.Equal(w.decided, []string{"refused DoNotDisrupt"}) {
		t.Errorf("counted %v", w.decided)
	}
}

func TestEveryReasonIsACause(t *testing.T) {
	deployment, set := web(2)
	w := newWorld(0, deployment, set, held())
	result := w.ask(t, "held").Result
	if !strings.Contains(result.Message, "take it off when the pod may be disrupted; LastReadyReplica: of 2 replicas of Deployment web") || len(result.Details.Causes) != 2 {
		t.Errorf("answered %+v", result)
	}
}

func TestAllowedEvictionCarriesItsWarnings(t *testing.T) {
	w := newWorld(0, build.Pod("alone").On("n").Obj())
	w.index.Put(serving(build.Pod("alone").On("n").Obj(), true))
	response := w.ask(t, "alone")
	if !response.Allowed || !slices.Equal(response.Warnings, []string{"pod alone has no controller: nobody makes it anew"}) || !slices.Equal(w.decided, []string{"allowed "}) {
		t.Errorf("answered %+v, counted %v", response, w.decided)
	}
}

func TestOverrideIsAudited(t *testing.T) {
	node := build.Node("n").Annotation(v1alpha1.AnnotationEvictionOverride, "disk on fire").Obj()
	deployment, set := web(2)
	w := newWorld(0, deployment, set, held(), replica("other"), node)
	response := w.ask(t, "held")
	if !response.Allowed || len(response.Warnings) != 1 || !strings.HasPrefix(response.Warnings[0], `autoscaler.vpsie.com/eviction-override on Node n ("disk on fire") sets aside: DoNotDisrupt: pod held`) {
		t.Errorf("answered %+v", response)
	}
	if response.AuditAnnotations["eviction-override"] != "Node n: disk on fire" || !strings.HasPrefix(response.AuditAnnotations["eviction-overruled"], "DoNotDisrupt: ") {
		t.Errorf("audit annotations %v", response.AuditAnnotations)
	}
	want := `held EvictionOverridden: ann evicts the pod because of autoscaler.vpsie.com/eviction-override on Node n ("disk on fire"), although DoNotDisrupt: pod held`
	if seen := w.events.Seen(); len(seen) != 1 || !strings.HasPrefix(seen[0], want) {
		t.Errorf("events %q, want %q", seen, want)
	}
	if !slices.Equal(w.decided, []string{"overridden DoNotDisrupt"}) {
		t.Errorf("counted %v", w.decided)
	}
	// when the annotation is taken off, the pod is held again
	w.index.Put(build.Node("n").Obj())
	w.granted(t, "held", false)
	w.index.Put(node)
	w.granted(t, "held", true)
	w.index.Drop(node)
	w.granted(t, "held", false)
}

func TestAnEventIsNeverTooLong(t *testing.T) {
	pod := held()
	metav1.SetMetaDataAnnotation(&pod.ObjectMeta, v1alpha1.AnnotationEvictionOverride, strings.Repeat("why ", 1000))
	w := newWorld(0, pod)
	w.granted(t, "held", true, func(request *admission.Request, _ *policyv1.Eviction) {
		request.UserInfo.Username = strings.Repeat("ü", 1000)
	})
	if seen := w.events.Seen(); len(seen) != 1 || len(seen[0]) > 1024+len("held EvictionOverridden: ") {
		t.Errorf("events %q", seen)
	}
}

func TestRehearsalLeavesNoTraces(t *testing.T) {
	inOptions := func(_ *admission.Request, e *policyv1.Eviction) {
		e.DeleteOptions = &metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}
	}
	for name, rehearsal := range map[string]func(*admission.Request, *policyv1.Eviction){"of the request": rehearsed, "of kubectl drain": inOptions} {
		t.Run(name, func(t *testing.T) {
			deployment, set := web(2)
			pod := held()
			metav1.SetMetaDataAnnotation(&pod.ObjectMeta, v1alpha1.AnnotationEvictionOverride, "why")
			w := newWorld(1, deployment, set, pod, replica("a"))
			for range 3 {
				w.granted(t, "a", true, rehearsal)
				w.granted(t, "held", true, rehearsal)
			}
			if len(w.decided) != 0 || len(w.events.Seen()) != 0 {
				t.Errorf("counted %v, events %v", w.decided, w.events.Seen())
			}
			w.granted(t, "a", true) // neither the pace nor the last replica speaks against it
		})
	}
}

func TestAnotherPodOfTheSameNameIsNotOurs(t *testing.T) {
	w := newWorld(0, held())
	meaning := func(uid string) func(*admission.Request, *policyv1.Eviction) {
		return func(_ *admission.Request, e *policyv1.Eviction) {
			e.DeleteOptions = &metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(uid)}
		}
	}
	w.granted(t, "held", false, meaning("uid-held"))
	w.granted(t, "held", true, meaning("another")) // the API server answers 409
	w.granted(t, "nobody", true)                   // and 404 here
}

func TestOnlyEvictionsAreJudged(t *testing.T) {
	w := newWorld(0, held())
	cases := map[string]struct {
		change func(*admissionv1.AdmissionRequest)
		code   int32
	}{
		"a deletion passes":          {func(r *admissionv1.AdmissionRequest) { r.Operation, r.Object.Raw = admissionv1.Delete, nil }, 200},
		"an update passes":           {func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Update }, 200},
		"a connection passes":        {func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Connect }, 200},
		"an unknown operation":       {func(r *admissionv1.AdmissionRequest) { r.Operation = "PATCH" }, 400},
		"no operation":               {func(r *admissionv1.AdmissionRequest) { r.Operation = "" }, 400},
		"another subresource":        {func(r *admissionv1.AdmissionRequest) { r.SubResource = "binding" }, 400},
		"no object":                  {func(r *admissionv1.AdmissionRequest) { r.Object.Raw = nil }, 400},
		"null":                       {func(r *admissionv1.AdmissionRequest) { r.Object.Raw = []byte("null") }, 429},
		"no JSON":                    {func(r *admissionv1.AdmissionRequest) { r.Object.Raw = []byte("{") }, 400},
		"a pod in place of eviction": {func(r *admissionv1.AdmissionRequest) { r.Object.Raw = []byte(`{"apiVersion":"v1","kind":"Pod"}`) }, 400},
		"an object of another shape": {func(r *admissionv1.AdmissionRequest) { r.Object.Raw = []byte(`{"deleteOptions":"x"}`) }, 400},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
				Operation: admissionv1.Create, SubResource: "eviction", Namespace: build.Namespace, Name: "held",
				Object: runtime.RawExtension{Raw: []byte(`{"apiVersion":"policy/v1","kind":"Eviction"}`)},
			}}
			c.change(&request.AdmissionRequest)
			response := w.handler.Handle(t.Context(), request)
			if response.Result.Code != c.code || response.Allowed != (c.code == 200) {
				t.Errorf("answered %+v, want code %d", response, c.code)
			}
		})
	}
}

// FuzzEviction checks that nothing that is sent makes the handler panic, and that what it refuses says why.
func FuzzEviction(f *testing.F) {
	for _, seed := range []string{
		`{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"held"}}`,
		`{"apiVersion":"policy/v1beta1","kind":"Eviction","metadata":{"name":"held"},"deleteOptions":{"dryRun":["All"]}}`,
		`{"deleteOptions":{"preconditions":{"uid":null}}}`, `{"deleteOptions":null}`, `null`, `[]`, ``,
	} {
		f.Add(seed, "CREATE", "held", "true", "why")
	}
	f.Add(`{}`, "DELETE", "", "90m", "")
	f.Fuzz(func(t *testing.T, body, operation, name, peace, override string) {
		pod := held()
		maps.Copy(pod.Annotations, map[string]string{v1alpha1.AnnotationDoNotDisrupt: peace, v1alpha1.AnnotationEvictionOverride: override})
		w := newWorld(1, pod)
		response := w.handler.Handle(t.Context(), admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
			Operation: admissionv1.Operation(operation), SubResource: "eviction", Namespace: build.Namespace, Name: name,
			Object: runtime.RawExtension{Raw: []byte(body)},
		}})
		if !response.Allowed && (response.Result.Message == "" || response.Result.Code != 400 && response.Result.Code != 429) {
			t.Fatalf("answered %+v", response)
		}
	})
}
