package webhook_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/webhook"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction"
	"github.com/vpsie/vpsie-autoscaler/webhook/node"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// recorder is a server that keeps in mind what is registered on it.
type recorder struct {
	ctrlwebhook.Server
	paths []string
}

// Register implements ctrlwebhook.Server.
func (r *recorder) Register(path string, hook http.Handler) {
	r.paths = append(r.paths, path)
	r.Server.Register(path, hook)
}

// newEndpoint is what the API server talks to, without TLS, and the paths there.
func newEndpoint(t testing.TB) (endpoint http.Handler, paths []string) {
	t.Helper()
	known := fake.NewClientBuilder().WithScheme(build.Scheme()).
		WithObjects(&v1alpha1.NodeGroup{ObjectMeta: metav1.ObjectMeta{Namespace: "vpsie-system", Name: "gold"}}).
		WithIndex(&corev1.Pod{}, node.PodNodeField, node.PodNode).Build()
	metrics, err := webhook.NewMetrics(nil)
	if err != nil {
		t.Fatal(err)
	}
	server := &recorder{Server: ctrlwebhook.NewServer(ctrlwebhook.Options{})}
	webhook.Register(server, build.Scheme(), webhook.Readers{
		Cached: known, Live: known, Supply: func() *pod.Supply { return nil }, Evictions: eviction.NewIndex(0),
		Nodes: node.Cluster{Reader: known}, Events: &build.Events{}, Metrics: metrics,
	}, webhook.Options{Namespace: "vpsie-system"})
	return server.WebhookMux(), server.paths
}

// send posts a body and returns the answer of the review in it.
func send(t testing.TB, endpoint http.Handler, path, contentType, body string) *admissionv1.AdmissionResponse {
	t.Helper()
	request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", contentType)
	answer := httptest.NewRecorder()
	endpoint.ServeHTTP(answer, request)
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(answer.Body.Bytes(), &review); err != nil || review.Response == nil {
		t.Fatalf("answered %d %s: want a review with a response, %v", answer.Code, answer.Body, err)
	}
	return review.Response
}

// review is a request of the API server about an object.
func review(t testing.TB, operation admissionv1.Operation, object, before any) string {
	t.Helper()
	encode := func(value any) runtime.RawExtension {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return runtime.RawExtension{Raw: raw}
	}
	request := &admissionv1.AdmissionRequest{UID: "42", Operation: operation, Namespace: "shop", Object: encode(object), OldObject: encode(before)}
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: request,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestNodeGroupsAreValidatedOverTheWire(t *testing.T) {
	endpoint, _ := newEndpoint(t)
	sound := &v1alpha1.NodeGroup{ObjectMeta: metav1.ObjectMeta{Name: "gold"}, Spec: v1alpha1.NodeGroupSpec{MaxNodes: 3, Priority: 1}}
	faulty := sound.DeepCopy()
	faulty.Spec.MinNodes = 5
	faulty.Spec.Taints = []corev1.Taint{{Key: "a b", Effect: corev1.TaintEffectNoExecute}}
	cases := map[string]struct {
		body     string
		allowed  bool
		code     int32
		causes   int
		warnings int
	}{
		"a sound group is created":    {review(t, admissionv1.Create, sound, nil), true, 200, 0, 0},
		"a faulty group is refused":   {review(t, admissionv1.Create, faulty, nil), false, 422, 2, 1},
		"a faulty update is refused":  {review(t, admissionv1.Update, faulty, sound), false, 422, 2, 1},
		"an unchanged spec passes":    {review(t, admissionv1.Update, faulty, faulty), true, 200, 0, 0},
		"a faulty group is deleted":   {review(t, admissionv1.Delete, nil, faulty), true, 200, 0, 0},
		"what is no group is refused": {review(t, admissionv1.Create, []int{1}, nil), false, 400, 0, 0},
		"an operation nobody knows":   {review(t, "PATCH", sound, nil), false, 400, 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := send(t, endpoint, webhook.PathNodeGroup, "application/json", c.body)
			causes := 0
			if got.Result.Details != nil {
				causes = len(got.Result.Details.Causes)
			}
			if got.UID != "42" || got.Allowed != c.allowed || got.Result.Code != c.code || causes != c.causes || len(got.Warnings) != c.warnings {
				t.Errorf("answered %+v %+v with %d causes, want allowed %v, code %d, %d causes, %d warnings",
					got, got.Result, causes, c.allowed, c.code, c.causes, c.warnings)
			}
		})
	}
}

func TestPodsAreMutatedOverTheWire(t *testing.T) {
	endpoint, _ := newEndpoint(t)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{v1alpha1.LabelPodNodeGroup: "gold"}}}
	got := send(t, endpoint, webhook.PathPod, "application/json", review(t, admissionv1.Create, pod, nil))
	if !got.Allowed || got.PatchType == nil || *got.PatchType != admissionv1.PatchTypeJSONPatch {
		t.Fatalf("answered %+v, want a JSON patch", got)
	}
	if want := `"path":"/spec/nodeSelector/autoscaler.vpsie.com~1nodegroup","value":"gold"`; !strings.Contains(string(got.Patch), want) {
		t.Errorf("patch %s, want %s in it", got.Patch, want)
	}
}

func TestWhatIsNoReviewIsRefused(t *testing.T) {
	whole := review(t, admissionv1.Create, &corev1.Pod{}, nil)
	const (
		v1beta1 = `{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"42","operation":"CREATE","object":{}}}`
		json    = "application/json"
	)
	cases := map[string]struct {
		contentType, body string
		want              int32
	}{
		"an empty body":                {json, ``, 400},
		"not JSON":                     {json, `hello`, 400},
		"half a review":                {json, whole[:len(whole)/2], 400},
		"another kind":                 {json, `{"apiVersion":"v1","kind":"Pod"}`, 400},
		"a review without a request":   {json, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}`, 0},
		"a request without an object":  {json, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"42","operation":"CREATE"}}`, 400},
		"an object of the wrong shape": {json, review(t, admissionv1.Create, "hello", nil), 400},
		"more than 7 MiB":              {json, whole + strings.Repeat(" ", 7<<20), 413},
		"an older version of reviews":  {json, v1beta1, 0},
	}
	endpoint, paths := newEndpoint(t)
	for _, path := range paths {
		for name, c := range cases {
			t.Run(path+" "+name, func(t *testing.T) {
				got := send(t, endpoint, path, c.contentType, c.body)
				if path == webhook.PathNode && got.Allowed && c.contentType == json && strings.Contains(c.body, `"CREATE"`) {
					return // nobody looks at a Node that registers
				}
				if c.want != 0 && (got.Allowed || got.Result.Code != c.want) {
					t.Errorf("answered allowed=%v %+v, want code %d", got.Allowed, got.Result, c.want)
				}
			})
		}
	}
}

func TestOnlyJSONIsRead(t *testing.T) {
	endpoint, paths := newEndpoint(t)
	body := review(t, admissionv1.Create, &corev1.Pod{}, nil)
	for _, path := range paths {
		for contentType, want := range map[string]int{"text/plain": 415, "": 415, "application/jsonp": 415, "application/json": 200, "application/json; charset=utf-8": 200} {
			request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			request.Header.Set("Content-Type", contentType)
			answer := httptest.NewRecorder()
			endpoint.ServeHTTP(answer, request)
			if answer.Code != want {
				t.Errorf("%s with Content-Type %q: %d, want %d", path, contentType, answer.Code, want)
			}
		}
	}
}
