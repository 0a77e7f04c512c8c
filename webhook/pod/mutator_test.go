package pod_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

const group = "autoscaler.vpsie.com/node-group"

func newScheme(t testing.TB) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	return scheme
}

// newMutator knows the groups gold, in vpsie-system with two taints, and the group silver, in shop and in vpsie-system with a
// taint that names the namespace.
func newMutator(t testing.TB) *pod.Mutator {
	scheme := newScheme(t)
	gold := nodeGroup("vpsie-system", "gold",
		corev1.Taint{Key: "dedicated", Value: "gold", Effect: corev1.TaintEffectNoSchedule},
		corev1.Taint{Key: "expensive", Effect: corev1.TaintEffectPreferNoSchedule})
	groups := fake.NewClientBuilder().WithScheme(scheme).WithObjects(gold,
		nodeGroup("shop", "silver", corev1.Taint{Key: "from", Value: "shop", Effect: corev1.TaintEffectNoSchedule}),
		nodeGroup("vpsie-system", "silver", corev1.Taint{Key: "from", Value: "system", Effect: corev1.TaintEffectNoSchedule}),
		nodeGroup("vpsie-system", "plain")).Build()
	return &pod.Mutator{Groups: groups, Namespace: "vpsie-system", Decoder: admission.NewDecoder(scheme)}
}

func nodeGroup(namespace, name string, taints ...corev1.Taint) *v1alpha1.NodeGroup {
	return &v1alpha1.NodeGroup{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.NodeGroupSpec{Taints: taints},
	}
}

// create sends a pod, as JSON, to the mutator and returns it as it would be created, and the warnings.
func create(t *testing.T, m *pod.Mutator, namespace, before string) (after string, warnings []string) {
	t.Helper()
	response := m.Handle(t.Context(), admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Namespace: namespace, Object: runtime.RawExtension{Raw: []byte(before)},
	}})
	if !response.Allowed {
		t.Fatalf("the pod is refused: %v", response.Result)
	}
	if len(response.Patches) == 0 {
		return before, response.Warnings
	}
	encoded, err := json.Marshal(response.Patches)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(encoded)
	if err != nil {
		t.Fatal(err)
	}
	patched, err := patch.Apply([]byte(before))
	if err != nil {
		t.Fatalf("the patch %s does not apply: %v", encoded, err)
	}
	return string(patched), response.Warnings
}

func wantJSON(t *testing.T, want, got string) {
	t.Helper()
	if !jsonpatch.Equal([]byte(want), []byte(got)) {
		t.Errorf("created:\n%s\nwant:\n%s", got, want)
	}
}

const (
	tolerateGold      = `{"key":"dedicated","operator":"Equal","value":"gold","effect":"NoSchedule"}`
	tolerateExpensive = `{"key":"expensive","operator":"Equal","effect":"PreferNoSchedule"}`
	mutations         = `"autoscaler.vpsie.com/mutations"`
	selectGold        = `"autoscaler.vpsie.com/nodegroup":"gold"`
)

func TestThePodGetsWhatItLacksAndNothingElse(t *testing.T) {
	cases := map[string]struct{ before, want string }{
		"a pod with nothing of its own": {
			`{"metadata":{"labels":{"` + group + `":"gold"}},"spec":{"containers":[]}}`,
			`{"metadata":{"labels":{"` + group + `":"gold"},"annotations":{` + mutations + `:"nodeSelector autoscaler.vpsie.com/nodegroup=gold, ` +
				`toleration dedicated=gold:NoSchedule, toleration expensive:PreferNoSchedule"}},` +
				`"spec":{"containers":[],"nodeSelector":{` + selectGold + `},"tolerations":[` + tolerateGold + `,` + tolerateExpensive + `]}}`,
		},
		"what the author wrote stays, and stays first": {
			`{"metadata":{"labels":{"` + group + `":"gold"},"annotations":{"a":"b"}},` +
				`"spec":{"nodeSelector":{"disk":"ssd"},"tolerations":[{"key":"other","operator":"Exists"}]}}`,
			`{"metadata":{"labels":{"` + group + `":"gold"},"annotations":{"a":"b",` + mutations + `:"nodeSelector autoscaler.vpsie.com/nodegroup=gold, ` +
				`toleration dedicated=gold:NoSchedule, toleration expensive:PreferNoSchedule"}},` +
				`"spec":{"nodeSelector":{"disk":"ssd",` + selectGold + `},` +
				`"tolerations":[{"key":"other","operator":"Exists"},` + tolerateGold + `,` + tolerateExpensive + `]}}`,
		},
		"a taint that is tolerated already is left alone": {
			`{"metadata":{"labels":{"` + group + `":"gold"}},"spec":{"nodeSelector":{` + selectGold + `},` +
				`"tolerations":[{"key":"dedicated","operator":"Exists","tolerationSeconds":5}]}}`,
			`{"metadata":{"labels":{"` + group + `":"gold"},"annotations":{` + mutations + `:"toleration expensive:PreferNoSchedule"}},` +
				`"spec":{"nodeSelector":{` + selectGold + `},` +
				`"tolerations":[{"key":"dedicated","operator":"Exists","tolerationSeconds":5},` + tolerateExpensive + `]}}`,
		},
		"fields that are newer than our types survive": {
			`{"metadata":{"labels":{"` + group + `":"plain"}},"spec":{"invented":{"later":1},"containers":[{"name":"a","alsoNew":true}]}}`,
			`{"metadata":{"labels":{"` + group + `":"plain"},"annotations":{` + mutations + `:"nodeSelector autoscaler.vpsie.com/nodegroup=plain"}},` +
				`"spec":{"invented":{"later":1},"containers":[{"name":"a","alsoNew":true}],"nodeSelector":{"autoscaler.vpsie.com/nodegroup":"plain"}}}`,
		},
		"a pod that lacks nothing": {
			`{"metadata":{"labels":{"` + group + `":"gold"}},"spec":{"nodeSelector":{` + selectGold + `},"tolerations":[{"operator":"Exists"}]}}`,
			`{"metadata":{"labels":{"` + group + `":"gold"}},"spec":{"nodeSelector":{` + selectGold + `},"tolerations":[{"operator":"Exists"}]}}`,
		},
		"a pod that names no group": {`{"metadata":{"labels":{"a":"b"}},"spec":{}}`, `{"metadata":{"labels":{"a":"b"}},"spec":{}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMutator(t)
			once, warnings := create(t, m, "shop", c.before)
			wantJSON(t, c.want, once)
			twice, _ := create(t, m, "shop", once)
			wantJSON(t, once, twice)
			if len(warnings) != 0 {
				t.Errorf("warnings %q, want none", warnings)
			}
		})
	}
}

func TestALaterAdditionIsAppendedToTheRecord(t *testing.T) {
	after, _ := create(t, newMutator(t), "shop", `{"metadata":{"labels":{"`+group+`":"gold"},"annotations":{`+mutations+
		`:"nodeSelector autoscaler.vpsie.com/nodegroup=gold"}},"spec":{"nodeSelector":{`+selectGold+`},"tolerations":[{"key":"dedicated","operator":"Exists"}]}}`)
	const want = `"nodeSelector autoscaler.vpsie.com/nodegroup=gold, toleration expensive:PreferNoSchedule"`
	if !strings.Contains(after, want) {
		t.Errorf("created %s, want the record %s", after, want)
	}
}

func TestTheGroupOfThePodsOwnNamespaceComesFirst(t *testing.T) {
	before := `{"metadata":{"labels":{"` + group + `":"silver"}},"spec":{}}`
	for namespace, from := range map[string]string{"shop": "shop", "bank": "system", "vpsie-system": "system"} {
		after, warnings := create(t, newMutator(t), namespace, before)
		if want := `"value":"` + from + `"`; !strings.Contains(after, want) || len(warnings) != 0 {
			t.Errorf("in %s created %s with warnings %q, want the toleration of the group with %s", namespace, after, warnings, want)
		}
	}
}

func TestWhatCannotBeDoneIsAWarningAndThePodStaysAsItIs(t *testing.T) {
	labelled := func(name, more string) string {
		return `{"metadata":{"labels":{"` + group + `":"` + name + `"}` + more
	}
	cases := map[string]struct{ before, warning string }{
		"an unknown group": {labelled("bronze", `},"spec":{}}`), "NodeGroup bronze is neither in namespace shop nor in vpsie-system"},
		"a pod bound to a node": {
			labelled("gold", `},"spec":{"nodeName":"n"}}`), "label autoscaler.vpsie.com/node-group=gold has no effect: the pod names its node",
		},
		"a pod of a DaemonSet": {
			labelled("gold", `,"ownerReferences":[{"apiVersion":"apps/v1","kind":"DaemonSet","name":"d","uid":"1","controller":true}]},"spec":{}}`),
			"label autoscaler.vpsie.com/node-group=gold has no effect: the pod belongs to a DaemonSet",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			after, warnings := create(t, newMutator(t), "shop", c.before)
			wantJSON(t, c.before, after)
			if len(warnings) != 1 || !strings.HasPrefix(warnings[0], c.warning) {
				t.Errorf("warnings %q, want one that starts with %q", warnings, c.warning)
			}
		})
	}
}

func TestASelectorForAnotherGroupIsKeptWithAWarning(t *testing.T) {
	after, warnings := create(t, newMutator(t), "shop",
		`{"metadata":{"labels":{"`+group+`":"gold"}},"spec":{"nodeSelector":{"autoscaler.vpsie.com/nodegroup":"silver"}}}`)
	if !strings.Contains(after, `"nodeSelector":{"autoscaler.vpsie.com/nodegroup":"silver"}`) {
		t.Errorf("created %s, want the author's node selector", after)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "contradicts") {
		t.Errorf("warnings %q, want one about the contradiction", warnings)
	}
}

func TestAFailedLookUpIsAWarning(t *testing.T) {
	m := newMutator(t)
	m.Groups = fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return errors.New("the cache is broken")
		},
	}).Build()
	before := `{"metadata":{"labels":{"` + group + `":"gold"}},"spec":{}}`
	after, warnings := create(t, m, "shop", before)
	wantJSON(t, before, after)
	if len(warnings) != 1 || !strings.Contains(warnings[0], "cannot be looked up") {
		t.Errorf("warnings %q, want one about the look-up", warnings)
	}
}

func TestOnlyTheCreationOfAPodIsTouched(t *testing.T) {
	before := []byte(`{"metadata":{"labels":{"` + group + `":"gold"}},"spec":{}}`)
	for _, operation := range []admissionv1.Operation{admissionv1.Update, admissionv1.Delete, admissionv1.Connect} {
		response := newMutator(t).Handle(t.Context(), admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
			Operation: operation, Namespace: "shop", Object: runtime.RawExtension{Raw: before},
		}})
		if !response.Allowed || len(response.Patches) != 0 {
			t.Errorf("%s is answered allowed=%v with %d patches, want allowed without one", operation, response.Allowed, len(response.Patches))
		}
	}
}

// FuzzMutation checks that no pod makes the mutator panic, that every patch applies, and that a second pass adds nothing.
func FuzzMutation(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"metadata":{"labels":{"` + group + `":"gold"}}}`,
		`{"metadata":{"labels":{"` + group + `":"gold"}},"spec":{"tolerations":[],"nodeSelector":{}}}`,
		`{"metadata":{"labels":{"` + group + `":"gold"},"annotations":null},"spec":{"tolerations":null,"nodeSelector":null}}`,
		`{"metadata":{"labels":{"` + group + `":"gold"}},"spec":{"tolerations":[{"key":"dedicated","operator":"Gt","value":"x"}]}}`,
	} {
		f.Add([]byte(seed))
	}
	m := newMutator(f)
	scheme := newScheme(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		decoded := &corev1.Pod{}
		request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
			Operation: admissionv1.Create, Namespace: "shop", Object: runtime.RawExtension{Raw: raw},
		}}
		response := m.Handle(t.Context(), request)
		if err := admission.NewDecoder(scheme).Decode(request, decoded); err != nil {
			if response.Allowed {
				t.Fatal("a pod that cannot be read is allowed")
			}
			return
		}
		if !response.Allowed {
			t.Fatalf("refused: %v", response.Result)
		}
		// The API server sends what it decoded, so the second pass starts from that.
		canonical, err := json.Marshal(decoded)
		if err != nil {
			t.Fatal(err)
		}
		once, _ := create(t, m, "shop", string(canonical))
		twice, _ := create(t, m, "shop", once)
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatalf("a second pass changes the pod:\n%s", diff)
		}
	})
}
