package webhook_test

import (
	"net/http"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// objects are one of each kind that some handler reads, and of one that none does.
func objects() []any {
	return []any{
		build.Pod("a").On("n").Obj(), build.NodeGroup("gold").Obj(), build.VPSieNode("v", "gold").Obj(),
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{v1alpha1.LabelManaged: "true"}}},
		&policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "a"}, DeleteOptions: &metav1.DeleteOptions{DryRun: []string{"All"}}},
		&policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "b"}}, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "d"}},
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c"}}, &metav1.Status{}, nil, []int{1}, "hello", 1.5, true,
	}
}

// malformed are requests in which something is missing, of another type, or out of proportion.
var malformed = []string{
	``, `null`, `[]`, `{}`, `{"request":null}`, `{"request":{}}`, `{"request":[]}`, `{"request":{"uid":7}}`,
	`{"request":{"uid":"1","operation":"CREATE","object":{"metadata":null,"spec":null,"status":null}}}`,
	`{"request":{"uid":"1","operation":"CREATE","object":{"metadata":{"annotations":{"":""},"labels":null,"name":7},"spec":[]}}}`,
	`{"request":{"uid":"1","operation":"CREATE","object":{"spec":{"taints":[{}],"labels":{"":""},"offeringIDs":["",""]}}}}`,
	`{"request":{"uid":"1","operation":"CREATE","object":{"spec":{"minNodes":1e999,"maxNodes":-9223372036854775808,"containers":[null]}}}}`,
	`{"request":{"uid":"1","operation":"CREATE","object":{"spec":{"containers":[{"resources":{"requests":{"cpu":"1e1000","memory":"-1"}}}]}}}}`,
	`{"request":{"uid":"1","operation":"CREATE","object":{"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{},null]}}}}}}}`,
	`{"request":{"uid":"1","operation":"CREATE","subResource":"eviction","object":{"metadata":{"name":"a"},"deleteOptions":{"dryRun":[""],"preconditions":{"uid":null}}}}}`,
	`{"request":{"uid":"1","operation":"UPDATE","object":{"metadata":{"labels":{"autoscaler.vpsie.com/node-group":"gold"}}},"oldObject":null}}`,
	`{"request":{"uid":"1","operation":"UPDATE","object":null,"oldObject":{"metadata":{"deletionTimestamp":"yesterday"}}}}`,
	`{"request":{"uid":"1","operation":"DELETE","object":null,"oldObject":null,"dryRun":true}}`,
	`{"request":{"uid":"1","operation":"DELETE","oldObject":{"metadata":{"name":"n","labels":{"autoscaler.vpsie.com/managed":"true"}},"spec":{"taints":[{"effect":""}]}}}}`,
	`{"request":{"uid":"1","operation":"CONNECT","object":{},"subResource":"exec"}}`,
	`{"request":{"uid":"1","kind":{"kind":"Deployment"},"operation":"CREATE","object":{"spec":{"template":null,"replicas":-1}}}}`,
	`{"request":{"uid":"1","kind":{"kind":"CronJob"},"operation":"UPDATE","object":{"spec":{"jobTemplate":{"spec":{}}}},"oldObject":{"spec":7}}}`,
	`{"request":{"uid":"1","operation":"CREATE","userInfo":{"groups":[null]},"options":{"kind":1},"object":{"spec":{"selector":{"matchExpressions":[{"operator":"?"}]},"minAvailable":"x%"}}}}`,
}

// FuzzReview checks that whatever is sent to any path is answered with a review: a panic of a handler would be answered with code 500.
func FuzzReview(f *testing.F) {
	for _, body := range malformed {
		f.Add(body)
	}
	operations := []admissionv1.Operation{admissionv1.Create, admissionv1.Update, admissionv1.Delete, admissionv1.Connect, "PATCH"}
	for i, object := range objects() {
		for _, operation := range operations {
			f.Add(review(f, operation, object, object))
			f.Add(review(f, operation, object, nil))
			f.Add(review(f, operation, nil, object))
			f.Add(review(f, operation, object, objects()[(i+1)%len(objects())]))
		}
	}
	endpoint, paths := newEndpoint(f)
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range paths {
			if got := send(t, endpoint, path, "application/json", body); got.Result.Code == http.StatusInternalServerError {
				t.Fatalf("%s answered %+v", path, got.Result)
			}
		}
	})
}

// Given an object that is on its way out, when its removal is asked about, then every handler lets it pass: a DELETE may be admitted
// twice, and nothing may hang in its deletion.
func TestWhatIsBeingDeletedPassesEverywhere(t *testing.T) {
	endpoint, paths := newEndpoint(t)
	now := metav1.Now()
	for _, object := range []metav1.Object{build.Pod("a").On("n").Obj(), build.NodeGroup("gold").Obj(), build.VPSieNode("v", "gold").Obj()} {
		object.SetDeletionTimestamp(&now)
		for _, path := range paths {
			if got := send(t, endpoint, path, "application/json", review(t, admissionv1.Delete, nil, object)); !got.Allowed {
				t.Errorf("DELETE of %T at %s: %+v", object, path, got.Result)
			}
		}
	}
}
