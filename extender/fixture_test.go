package extender_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// fixed is a source whose picture never changes.
type fixed struct{ snapshot *score.Snapshot }

func (f fixed) Snapshot() *score.Snapshot { return f.snapshot }

var everyVerb = extender.Options{Prioritize: true, Filter: true, Preempt: true}

// smallCluster has one empty node, one node bought for shop/cart, and one node that is being removed.
func smallCluster() *score.Snapshot {
	room := score.Amount{MilliCPU: 4000, Memory: 16 << 30}
	return score.NewSnapshot(map[string]score.Node{
		"empty":   {Allocatable: room},
		"planned": {Allocatable: room},
		"leaving": {Allocatable: room, Removing: true},
	}, []score.Plan{{Node: "planned", Pods: []string{"shop/cart"}}})
}

func newHandler(t testing.TB, snapshot *score.Snapshot, opts extender.Options) http.Handler {
	t.Helper()
	handler, err := extender.NewHandler(fixed{snapshot}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// post sends a body to a verb and returns the status and the answer.
func post(handler http.Handler, verb string, body []byte) (int, string) {
	request := httptest.NewRequest(http.MethodPost, extender.PathPrefix+"/"+verb, bytes.NewReader(body))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

func encode(t testing.TB, value any) []byte {
	t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// names is a request about shop/cart as a scheduler with nodeCacheCapable sends it.
func names(nodes ...string) extenderv1.ExtenderArgs {
	return extenderv1.ExtenderArgs{Pod: pod("cart"), NodeNames: &nodes}
}

// objects is the same request as a scheduler without nodeCacheCapable sends it.
func objects(nodes ...string) extenderv1.ExtenderArgs {
	list := &corev1.NodeList{}
	for _, node := range nodes {
		list.Items = append(list.Items, corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}})
	}
	return extenderv1.ExtenderArgs{Pod: pod("cart"), Nodes: list}
}

func pod(name string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}}
}

// critical is the request about a pod that the extender leaves alone.
func critical(args extenderv1.ExtenderArgs) extenderv1.ExtenderArgs {
	args.Pod.Spec.PriorityClassName = "system-node-critical"
	return args
}
