package pod_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// FuzzValidation checks that no request makes the validator panic, that what cannot be read is refused with 400 and everything else
// allowed or refused with 422, and that the answer does not depend on the policy but for that.
func FuzzValidation(f *testing.F) {
	add := func(operation, kind string, object any) {
		raw, err := json.Marshal(object)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(operation, kind, raw, raw)
	}
	for _, asked := range askedPods() {
		add("CREATE", "Pod", asked)
		add("UPDATE", "Deployment", deployment(asked))
	}
	add("CREATE", "Pod", wants(keepsApart(sound(), corev1.LabelTopologyZone), "disk", "Gt", "x"))
	for _, raw := range []string{
		``, `null`, `[]`, `{}`, `{"spec":null}`, `{"spec":{"containers":[null]}}`, `{"spec":{"affinity":{"nodeAffinity":{}}}}`,
		`{"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"Near"}]}]}}}}}`,
		`{"spec":{"containers":[{"resources":{"requests":{"cpu":"-1","memory":"1e30"}}}]}}`, `{"metadata":{"ownerReferences":[{}]}}`,
	} {
		for _, kind := range []string{"Pod", "", "CronJob", "Node"} {
			f.Add("CREATE", kind, []byte(raw), []byte(raw))
		}
	}
	v := newValidator(f, smallStock())
	f.Fuzz(func(t *testing.T, operation, kind string, object, before []byte) {
		request := admissionv1.AdmissionRequest{
			Operation: admissionv1.Operation(operation), Object: runtime.RawExtension{Raw: object}, OldObject: runtime.RawExtension{Raw: before},
		}
		request.Kind.Kind = kind
		answers := map[string]admission.Response{}
		for _, namespace := range []string{"shop", "strict"} {
			request.Namespace = namespace
			answers[namespace] = v.Handle(t.Context(), admission.Request{AdmissionRequest: request})
		}
		warned, strict := answers["shop"], answers["strict"]
		if !warned.Allowed && warned.Result.Code != 400 {
			t.Fatalf("refused by a policy that warns: %+v", warned.Result)
		}
		if !strict.Allowed && !slices.Contains([]int32{400, 422}, strict.Result.Code) {
			t.Fatalf("refused with %+v", strict.Result)
		}
		if strict.Result != nil && strict.Result.Code == 422 && len(warned.Warnings) == 0 {
			t.Fatalf("refused by one policy with %+v and not warned of by the other", strict.Result)
		}
	})
}

// FuzzRules checks that no rules file makes the reader panic, and that rules which are accepted never break a pod.
func FuzzRules(f *testing.F) {
	f.Add(`{rules: [{name: a, matchLabels: {a: b}, nodeGroup: gold, nodeSelector: {k: v}, tolerations: [{key: k, operator: Exists}]}]}`)
	f.Add(`{rules: [{name: a, tolerations: [{}]}]}`)
	f.Add(`rules: [null]`)
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := pod.ReadRules(strings.NewReader(text))
		if err != nil {
			return
		}
		m := newMutator(t)
		m.Rules = rules
		once, _ := createPod(t, m, build.Pod("p").Obj())
		if twice, _ := createPod(t, m, once); mustJSON(t, twice) != mustJSON(t, once) {
			t.Fatalf("of\n%s\nbecomes\n%s", mustJSON(t, once), mustJSON(t, twice))
		}
	})
}
