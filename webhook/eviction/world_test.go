package eviction_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, controlplane.Options{}))
}

// world is a handler that knows the objects.
type world struct {
	handler *eviction.Handler
	index   *eviction.Index
	events  *build.Events
	decided []string
}

func newWorld(limit int, objects ...client.Object) *world {
	w := &world{index: eviction.NewIndex(limit), events: &build.Events{}}
	w.handler = &eviction.Handler{
		Index: w.index, Decoder: admission.NewDecoder(build.Scheme()), Events: w.events,
		Decided: func(outcome eviction.Outcome, reason rules.Reason) {
			w.decided = append(w.decided, fmt.Sprint(outcome, " ", reason))
		},
	}
	for _, object := range objects {
		w.index.Put(object)
	}
	return w
}

// ask asks for the eviction of a pod in the way that the options change.
func (w *world) ask(t testing.TB, pod string, options ...func(*admission.Request, *policyv1.Eviction)) admission.Response {
	t.Helper()
	wanted := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: build.Namespace, Name: pod}}
	request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, SubResource: "eviction", Namespace: build.Namespace, Name: pod,
		UserInfo: authenticationv1.UserInfo{Username: "ann"},
	}}
	for _, option := range options {
		option(&request, wanted)
	}
	raw, err := json.Marshal(wanted)
	if err != nil {
		t.Fatal(err)
	}
	request.Object = runtime.RawExtension{Raw: raw}
	return w.handler.Handle(t.Context(), request)
}

// granted fails the test unless the eviction of a pod is answered as expected.
func (w *world) granted(t testing.TB, pod string, want bool, options ...func(*admission.Request, *policyv1.Eviction)) {
	t.Helper()
	if got := w.ask(t, pod, options...); got.Allowed != want {
		t.Fatalf("eviction of %s: allowed %t, %+v, want %t", pod, got.Allowed, got.Result, want)
	}
}

func rehearsed(request *admission.Request, _ *policyv1.Eviction) {
	yes := true
	request.DryRun = &yes
}

// replica is a ready pod of the ReplicaSet "web-1".
func replica(name string) *corev1.Pod { return podOf("ReplicaSet", "web-1", name) }

func podOf(kind, controller, name string) *corev1.Pod {
	pod := build.Pod(name).On("n").OwnedBy(kind, controller).Obj()
	pod.Labels = map[string]string{"app": "web"}
	pod.Spec.RestartPolicy = corev1.RestartPolicyAlways
	return serving(pod, true)
}

// serving is another version of the pod, which is ready or not since now.
func serving(pod *corev1.Pod, ready bool) *corev1.Pod {
	pod = pod.DeepCopy()
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: status, LastTransitionTime: metav1.Now()}}
	return pod
}

// marked is the version of the pod that the API server writes before it deletes it for an eviction.
func marked(pod *corev1.Pod) *corev1.Pod {
	pod = pod.DeepCopy()
	pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "EvictionByEvictionAPI", LastTransitionTime: metav1.Now(),
	})
	return pod
}

// deleted is the version of the pod that is on its way out.
func deleted(pod *corev1.Pod) *corev1.Pod {
	pod = pod.DeepCopy()
	grace := int64(30)
	end := metav1.NewTime(time.Now().Add(30 * time.Second))
	pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &end, &grace
	return pod
}

// web is the ReplicaSet of the replicas and its Deployment, which wants so many of them.
func web(replicas int32) (*appsv1.Deployment, *appsv1.ReplicaSet) {
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: build.Namespace, Name: "web", UID: build.UID("web")},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas},
		Status: appsv1.DeploymentStatus{
			Replicas: replicas, UpdatedReplicas: replicas, AvailableReplicas: replicas,
			Conditions: []appsv1.DeploymentCondition{{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable"}},
		},
	}
	return deployment, setOf("web-1", replicas)
}

// setOf is a ReplicaSet of the Deployment web.
func setOf(name string, replicas int32) *appsv1.ReplicaSet {
	yes := true
	return &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: build.Namespace, Name: name, UID: build.UID(name),
			OwnerReferences: []metav1.OwnerReference{{Kind: "Deployment", Name: "web", UID: build.UID("web"), Controller: &yes}},
		},
		Spec: appsv1.ReplicaSetSpec{Replicas: &replicas},
	}
}

func budgetOf(name string, selector *metav1.LabelSelector, allowed int32) *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: build.Namespace, Name: name},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: selector},
		Status:     policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: allowed},
	}
}
