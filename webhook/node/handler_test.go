package node_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/webhook/node"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, controlplane.Options{}))
}

// world is a handler that knows the objects.
type world struct {
	handler *node.Handler
	decided []string
}

func newWorld(objects ...client.Object) *world {
	api := fake.NewClientBuilder().WithScheme(build.Scheme()).WithObjects(objects...).WithIndex(&corev1.Pod{}, node.PodNodeField, node.PodNode).Build()
	return worldOf(api)
}

func worldOf(api client.WithWatch) *world {
	w := &world{}
	w.handler = &node.Handler{
		Cluster: node.Cluster{Reader: api}, Namespace: "vpsie-system", Decoder: admission.NewDecoder(build.Scheme()),
		Decided: func(outcome node.Outcome, reason node.Reason) {
			w.decided = append(w.decided, fmt.Sprint(outcome, " ", reason))
		},
	}
	return w
}

func raw(t testing.TB, object *corev1.Node) runtime.RawExtension {
	t.Helper()
	encoded, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return runtime.RawExtension{Raw: encoded}
}

// by names who asks.
func by(name string, groups ...string) func(*admission.Request) {
	return func(r *admission.Request) { r.UserInfo = authenticationv1.UserInfo{Username: name, Groups: groups} }
}

func rehearsed(r *admission.Request) {
	yes := true
	r.DryRun = &yes
}

func (w *world) remove(t testing.TB, object *corev1.Node, options ...func(*admission.Request)) admission.Response {
	t.Helper()
	request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{Operation: admissionv1.Delete, Name: object.Name, OldObject: raw(t, object)}}
	by("ann")(&request)
	for _, option := range options {
		option(&request)
	}
	return w.handler.Handle(t.Context(), request)
}

func (w *world) update(t testing.TB, before, after *corev1.Node, options ...func(*admission.Request)) admission.Response {
	t.Helper()
	request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		Operation: admissionv1.Update, Name: before.Name, OldObject: raw(t, before), Object: raw(t, after),
	}}
	by("ann")(&request)
	for _, option := range options {
		option(&request)
	}
	return w.handler.Handle(t.Context(), request)
}

// inUse is a Node with a workload pod, beside another with one.
func inUse() []client.Object {
	return []client.Object{
		build.VPSieNode("n", "gold").Obj(), build.Pod("a").On("n").Obj(), build.Pod("b").On("other").Obj(), build.Pod("waiting").Obj(),
	}
}

func TestARefusalIsForbiddenAndSaysWhatToDo(t *testing.T) {
	w := newWorld(inUse()...)
	for name, options := range map[string][]func(*admission.Request){"in earnest": nil, "as a rehearsal": {rehearsed}} {
		response := w.remove(t, ours().Obj(), options...)
		result := response.Result
		if response.Allowed || result.Code != http.StatusForbidden || result.Reason != "Forbidden" || result.Status != "Failure" {
			t.Fatalf("%s: answered %+v %+v, want 403", name, response, result)
		}
		want := "WorkloadsLeft: Node n still runs pod " + build.Namespace + "/a: "
		if !strings.HasPrefix(result.Message, want) || !strings.Contains(result.Message, "kubectl delete vpsienode -n "+build.Namespace+" n") {
			t.Errorf("%s: message %q", name, result.Message)
		}
		if causes := result.Details.Causes; len(causes) != 1 || causes[0].Type != "autoscaler.vpsie.com/WorkloadsLeft" || causes[0].Type != node.Cause(node.WorkloadsLeft) {
			t.Errorf("%s: causes %+v", name, causes)
		}
	}
	if !slices.Equal(w.decided, []string{"refused WorkloadsLeft"}) {
		t.Errorf("counted %v, want the one in earnest", w.decided)
	}
}

func TestWhoMayDeleteANodeInUse(t *testing.T) {
	cases := map[string]struct {
		who     func(*admission.Request)
		allowed bool
	}{
		"the autoscaler":               {by("system:serviceaccount:vpsie-system:vpsie-autoscaler-controller", "system:serviceaccounts", "system:serviceaccounts:vpsie-system"), true},
		"the node lifecycle":           {by("system:serviceaccount:kube-system:node-controller", "system:serviceaccounts:kube-system"), true},
		"the controller manager":       {by("system:kube-controller-manager"), true},
		"a cloud's controller":         {by("system:cloud-controller-manager"), true},
		"a cloud's lifecycle":          {by("system:serviceaccount:kube-system:cloud-node-lifecycle-controller"), true},
		"an administrator":             {by("kubernetes-admin", "system:masters"), false},
		"another service account":      {by("system:serviceaccount:shop:bot", "system:serviceaccounts:shop"), false},
		"another one of kube-system":   {by("system:serviceaccount:kube-system:replicaset-controller", "system:serviceaccounts:kube-system"), false},
		"who only has a similar group": {by("x", "system:serviceaccounts:vpsie-system-2"), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := newWorld(inUse()...).remove(t, ours().Obj(), c.who); got.Allowed != c.allowed {
				t.Errorf("answered %+v", got)
			}
		})
	}
}

func TestOnlyNewNoExecuteTaintsAreLookedAt(t *testing.T) {
	fire := func(value string) *corev1.Node { return ours().Taint("fire", value, corev1.TaintEffectNoExecute).Obj() }
	cases := map[string]struct {
		before, after *corev1.Node
		allowed       bool
	}{
		"one is added":                        {ours().Obj(), fire("yes"), false},
		"its value is changed":                {fire("no"), fire("yes"), false},
		"it was there":                        {fire("yes"), fire("yes"), true},
		"it is taken off":                     {fire("yes"), ours().Obj(), true},
		"another effect is added":             {ours().Obj(), ours().Taint("fire", "", corev1.TaintEffectNoSchedule).Obj(), true},
		"it is added beside one of that key":  {ours().Taint("fire", "yes", corev1.TaintEffectNoSchedule).Obj(), fire("yes"), false},
		"a label is added":                    {ours().Obj(), ours().Label("a", "b").Obj(), true},
		"it is added as our label goes":       {ours().Obj(), build.Node("n").Taint("fire", "", corev1.TaintEffectNoExecute).Obj(), false},
		"it is added to somebody else's Node": {build.Node("n").Ready().Obj(), build.Node("n").Ready().Taint("fire", "", corev1.TaintEffectNoExecute).Obj(), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(inUse()...)
			for _, options := range [][]func(*admission.Request){nil, {rehearsed}} {
				got := w.update(t, c.before, c.after, options...)
				if got.Allowed != c.allowed || !got.Allowed && got.Result.Code != http.StatusForbidden {
					t.Errorf("answered %+v %+v", got, got.Result)
				}
			}
		})
	}
}

func TestAnOverrideLeavesTraces(t *testing.T) {
	w := newWorld(inUse()...)
	burning := ours().Annotation(v1alpha1.AnnotationEvictionOverride, "fire").Obj()
	tainted := burning.DeepCopy()
	tainted.Spec.Taints = []corev1.Taint{{Key: "fire", Effect: corev1.TaintEffectNoExecute}}
	for name, c := range map[string]struct {
		response admission.Response
		against  string
	}{
		"deletion": {w.remove(t, burning), "WorkloadsLeft: "},
		"taint":    {w.update(t, ours().Obj(), tainted), "NoExecuteTaint: "},
	} {
		want := `autoscaler.vpsie.com/eviction-override on Node n ("fire") sets aside: ` + c.against
		if !c.response.Allowed || len(c.response.Warnings) != 1 || !strings.HasPrefix(c.response.Warnings[0], want) {
			t.Errorf("%s: answered %+v, want the warning %q", name, c.response, want)
		}
		if audit := c.response.AuditAnnotations; audit["node-override"] != "fire" || !strings.HasPrefix(audit["node-overruled"], c.against) {
			t.Errorf("%s: audit annotations %v", name, audit)
		}
	}
	slices.Sort(w.decided)
	if !slices.Equal(w.decided, []string{"overridden NoExecuteTaint", "overridden WorkloadsLeft"}) {
		t.Errorf("counted %v", w.decided)
	}
}

func TestWhatCannotBeLookedUpHoldsADeletionAndNoUpdate(t *testing.T) {
	api := build.Failing(build.API(), build.OnList, &corev1.PodList{}, errors.New("no cache"))
	w := worldOf(api)
	if got := w.remove(t, ours().Obj()); got.Allowed || got.Result.Code != http.StatusServiceUnavailable || !strings.Contains(got.Result.Message, "what runs on Node n is not known, try again") {
		t.Errorf("deletion: answered %+v %+v", got, got.Result)
	}
	got := w.update(t, ours().Obj(), ours().Taint("fire", "", corev1.TaintEffectNoExecute).Obj())
	if !got.Allowed || !slices.Equal(got.Warnings, []string{"what runs on Node n is not known: nobody looked at what the taint does"}) {
		t.Errorf("taint: answered %+v", got)
	}
	if got := w.remove(t, build.Node("n").Obj()); !got.Allowed {
		t.Errorf("somebody else's Node: answered %+v", got)
	}
}

func TestOnlyDeletionsAndUpdatesAreJudged(t *testing.T) {
	w := newWorld(inUse()...)
	node := raw(t, ours().Obj()).Raw
	cases := map[string]struct {
		change func(*admissionv1.AdmissionRequest)
		code   int32
	}{
		"a deletion": {func(*admissionv1.AdmissionRequest) {}, 403},
		"a creation passes": {func(r *admissionv1.AdmissionRequest) {
			r.Operation, r.Object.Raw, r.OldObject.Raw = "CREATE", node, nil
		}, 200},
		"a connection passes":        {func(r *admissionv1.AdmissionRequest) { r.Operation = "CONNECT" }, 200},
		"a status passes":            {func(r *admissionv1.AdmissionRequest) { r.Operation, r.SubResource = "UPDATE", "status" }, 200},
		"an unknown operation":       {func(r *admissionv1.AdmissionRequest) { r.Operation = "PATCH" }, 400},
		"a deletion of nothing":      {func(r *admissionv1.AdmissionRequest) { r.OldObject.Raw = nil }, 400},
		"a deletion of null":         {func(r *admissionv1.AdmissionRequest) { r.OldObject.Raw = []byte("null") }, 200},
		"a deletion of another kind": {func(r *admissionv1.AdmissionRequest) { r.OldObject.Raw = []byte(`{"apiVersion":"v1","kind":"Pod"}`) }, 400},
		"an update of nothing":       {func(r *admissionv1.AdmissionRequest) { r.Operation, r.Object.Raw = "UPDATE", nil }, 400},
		"an update from nothing": {func(r *admissionv1.AdmissionRequest) {
			r.Operation, r.Object.Raw, r.OldObject.Raw = "UPDATE", node, nil
		}, 400},
		"an update to a broken shape": {func(r *admissionv1.AdmissionRequest) { r.Operation, r.Object.Raw = "UPDATE", []byte(`{"spec":[]}`) }, 400},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{Operation: "DELETE", Name: "n", OldObject: runtime.RawExtension{Raw: node}}}
			c.change(&request.AdmissionRequest)
			if got := w.handler.Handle(t.Context(), request); got.Result.Code != c.code || got.Allowed != (c.code == 200) {
				t.Errorf("answered %+v %+v, want code %d", got, got.Result, c.code)
			}
		})
	}
}

// FuzzNode checks that nothing that is sent makes the handler panic, and that what it refuses says why.
func FuzzNode(f *testing.F) {
	whole := string(raw(f, ours().Taint("fire", "", corev1.TaintEffectNoExecute).Obj()).Raw)
	for _, seed := range []string{whole, `{"metadata":{"labels":{"autoscaler.vpsie.com/managed":"true"}},"spec":{"taints":[{"effect":"NoExecute"},null]}}`, `null`, `[]`, `{`, ``} {
		f.Add(seed, whole, "UPDATE")
		f.Add(whole, seed, "UPDATE")
		f.Add(seed, seed, "DELETE")
	}
	w := newWorld(inUse()...)
	f.Fuzz(func(t *testing.T, object, old, operation string) {
		response := w.handler.Handle(t.Context(), admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
			Operation: admissionv1.Operation(operation), Object: runtime.RawExtension{Raw: []byte(object)}, OldObject: runtime.RawExtension{Raw: []byte(old)},
		}})
		if !response.Allowed && (response.Result.Message == "" || response.Result.Code != 400 && response.Result.Code != 403) {
			t.Fatalf("answered %+v", response)
		}
	})
}
