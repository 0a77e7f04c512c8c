package postfilter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-base/metrics/legacyregistry"
	fwk "k8s.io/kube-scheduler/framework"
	schedulercache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
	"github.com/vpsie/vpsie-autoscaler/extender/scheduler/postfilter"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// handle is a scheduler of which the plugin sees the nodes.
type handle struct {
	fwk.Handle
	nodes fwk.SharedLister
}

func (h handle) SnapshotSharedLister() fwk.SharedLister { return h.nodes }

func nodesNamed(names ...string) handle {
	nodes := make([]*corev1.Node, len(names))
	for i, name := range names {
		nodes[i] = &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	return handle{nodes: schedulercache.NewSnapshot(nil, nodes)}
}

// newPlugin makes a plugin that reports to an endpoint.
func newPlugin(t testing.TB, endpoint, more string, h fwk.Handle) *postfilter.Plugin {
	t.Helper()
	made, err := postfilter.New(t.Context(), raw(`{"endpoint":"`+endpoint+`"`+more+`}`), h)
	if err != nil {
		t.Fatal(err)
	}
	if made.Name() != "VPSieDiagnosis" {
		t.Errorf("the plugin is called %s", made.Name())
	}
	return made.(*postfilter.Plugin)
}

// fail has the Filter phase of a pod fail, and checks that the plugin changes nothing about it.
func fail(t testing.TB, p *postfilter.Plugin, pod *corev1.Pod, statuses *framework.NodeToStatus) {
	t.Helper()
	result, status := p.PostFilter(context.Background(), nil, pod, statuses)
	if result != nil || status.Code() != fwk.Unschedulable || len(status.Reasons()) != 0 {
		t.Fatalf("PostFilter gives %v, %v: want nothing, Unschedulable without a reason", result, status)
	}
}

// inbox is a receiver over HTTP.
func inbox(t testing.TB) (endpoint string, reports <-chan diagnosis.Report) {
	t.Helper()
	got := make(chan diagnosis.Report, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var report diagnosis.Report
		err := json.NewDecoder(r.Body).Decode(&report)
		if err = errors.Join(err, report.Validate()); err != nil || r.Method != http.MethodPost || r.URL.Path != diagnosis.Path {
			http.Error(w, fmt.Sprint(r.Method, r.URL, err), http.StatusBadRequest)
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
			return
		}
		got <- report
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

func rejected(plugin string, code fwk.Code, reasons ...string) *fwk.Status {
	return fwk.NewStatus(code, reasons...).WithPlugin(plugin)
}

func TestEveryNodeIsInTheReportWithItsReason(t *testing.T) {
	pod := build.Pod("big").Generation(3).Obj()
	cases := map[string]struct {
		statuses *framework.NodeToStatus
		want     []diagnosis.Group
	}{
		"each node for its reason, and one that nobody spoke of": {
			framework.NewNodeToStatus(map[string]*fwk.Status{
				"d": rejected("NodeResourcesFit", fwk.Unschedulable, "Insufficient cpu", "Insufficient memory"),
				"b": rejected("NodeResourcesFit", fwk.Unschedulable, "Insufficient cpu"),
				"a": rejected("NodeResourcesFit", fwk.Unschedulable, "Insufficient cpu"),
				"c": rejected("NodeResourcesFit", fwk.UnschedulableAndUnresolvable, "Insufficient cpu"),
			}, fwk.NewStatus(fwk.UnschedulableAndUnresolvable)),
			[]diagnosis.Group{
				{Code: "UnschedulableAndUnresolvable", Nodes: []string{"e"}},
				{Plugin: "NodeResourcesFit", Code: "Unschedulable", Reasons: []string{"Insufficient cpu"}, Nodes: []string{"a", "b"}},
				{Plugin: "NodeResourcesFit", Code: "Unschedulable", Reasons: []string{"Insufficient cpu", "Insufficient memory"}, Nodes: []string{"d"}},
				{Plugin: "NodeResourcesFit", Code: "UnschedulableAndUnresolvable", Reasons: []string{"Insufficient cpu"}, Nodes: []string{"c"}},
			},
		},
		"all refused before Filter": {
			framework.NewNodeToStatus(map[string]*fwk.Status{}, rejected("VolumeBinding", fwk.UnschedulableAndUnresolvable, `persistentvolumeclaim "x" not found`)),
			[]diagnosis.Group{{Plugin: "VolumeBinding", Code: "UnschedulableAndUnresolvable", Reasons: []string{`persistentvolumeclaim "x" not found`},
				Nodes: []string{"a", "b", "c", "d", "e"}}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			endpoint, reports := inbox(t)
			fail(t, newPlugin(t, endpoint, "", nodesNamed("e", "d", "c", "b", "a")), pod, c.statuses)
			want := diagnosis.Report{
				Pods:  []diagnosis.Pod{{Namespace: pod.Namespace, Name: "big", UID: pod.UID, Generation: 3}},
				Nodes: 5, Groups: c.want,
			}
			if diff := cmp.Diff(want, <-reports); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheSchedulerNeverWaitsForAReceiverThatHangs(t *testing.T) {
	dropped := counted(t, "dropped")
	hung := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hung }))
	defer server.Close()
	defer close(hung)
	p := newPlugin(t, server.URL, `,"queueSize":10,"timeout":"1h"`, nodesNamed("a"))
	const pods = 10_000
	for i := range pods {
		fail(t, p, build.Pod(fmt.Sprint(i)).Obj(), framework.NewDefaultNodeToStatus())
	}
	// One batch is on its way, at most as large as batches get, and ten diagnoses wait.
	if got := counted(t, "dropped") - dropped; got < pods-1000-10 || got >= pods {
		t.Errorf("%v of %d diagnoses are counted as dropped", got, pods)
	}
}

// counted is how often the scheduler's metrics show a result.
func counted(t testing.TB, result string) float64 {
	t.Helper()
	families, err := legacyregistry.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == postfilter.Metric && metric.GetLabel()[0].GetValue() == result {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}
