package extender_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

func TestPrioritizeOnTheWire(t *testing.T) {
	cases := map[string]struct {
		snapshot *score.Snapshot
		request  extenderv1.ExtenderArgs
		want     string
	}{
		"every node is scored in the order sent": {
			smallCluster(), names("leaving", "planned", "empty", "unknown"),
			`[{"Host":"leaving","Score":0},{"Host":"planned","Score":10},{"Host":"empty","Score":4},{"Host":"unknown","Score":6}]`,
		},
		"whole nodes are scored like names": {
			smallCluster(), objects("leaving", "planned"), `[{"Host":"leaving","Score":0},{"Host":"planned","Score":10}]`,
		},
		"no nodes give an empty list, not null":  {smallCluster(), names(), `[]`},
		"neither names nor nodes give that, too": {smallCluster(), extenderv1.ExtenderArgs{Pod: pod("cart")}, `[]`},
		"a cold extender treats all nodes alike": {nil, names("leaving", "planned"), `[{"Host":"leaving","Score":6},{"Host":"planned","Score":6}]`},
		"an exempt pod is offered all nodes alike": {
			smallCluster(), critical(names("leaving", "planned")), `[{"Host":"leaving","Score":6},{"Host":"planned","Score":6}]`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			status, got := post(newHandler(t, c.snapshot, everyVerb), "prioritize", encode(t, c.request))
			if status != 200 || got != c.want {
				t.Errorf("answered %d\n%s\nwant 200\n%s", status, got, c.want)
			}
		})
	}
}

func TestFilterOnTheWire(t *testing.T) {
	const (
		removing = `{"leaving":"node is being removed by the autoscaler"}`
		tail     = `,"Error":""}`
	)
	cases := map[string]struct {
		snapshot *score.Snapshot
		request  extenderv1.ExtenderArgs
		want     string
	}{
		"only the node being removed is withheld, as unresolvable": {
			smallCluster(), names("empty", "leaving", "unknown"),
			`{"Nodes":null,"NodeNames":["empty","unknown"],"FailedNodes":null,"FailedAndUnresolvableNodes":` + removing + tail,
		},
		"when all are withheld the names are empty, not null": {
			smallCluster(), names("leaving"),
			`{"Nodes":null,"NodeNames":[],"FailedNodes":null,"FailedAndUnresolvableNodes":` + removing + tail,
		},
		"no nodes give no names, not null": {
			smallCluster(), names(),
			`{"Nodes":null,"NodeNames":[],"FailedNodes":null,"FailedAndUnresolvableNodes":null` + tail,
		},
		"a cold extender passes every node": {
			nil, names("leaving", "empty"),
			`{"Nodes":null,"NodeNames":["leaving","empty"],"FailedNodes":null,"FailedAndUnresolvableNodes":null` + tail,
		},
		"an exempt pod may go anywhere": {
			smallCluster(), critical(names("leaving")),
			`{"Nodes":null,"NodeNames":["leaving"],"FailedNodes":null,"FailedAndUnresolvableNodes":null` + tail,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			status, got := post(newHandler(t, c.snapshot, everyVerb), "filter", encode(t, c.request))
			if status != 200 || got != c.want {
				t.Errorf("answered %d\n%s\nwant 200\n%s", status, got, c.want)
			}
		})
	}
}

func TestFilterAnswersWholeNodesWithWholeNodes(t *testing.T) {
	_, answer := post(newHandler(t, smallCluster(), everyVerb), "filter", encode(t, objects("empty", "leaving")))
	var got extenderv1.ExtenderFilterResult
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	if got.Nodes == nil || len(got.Nodes.Items) != 1 || got.Nodes.Items[0].Name != "empty" {
		t.Errorf("passed %+v, want the node named empty", got.Nodes)
	}
}

func TestWholeNodesAreReportedOnce(t *testing.T) {
	var logged []string
	opts := everyVerb
	opts.Log = funcr.New(func(_, args string) { logged = append(logged, args) }, funcr.Options{})
	handler := newHandler(t, smallCluster(), opts)
	for range 3 {
		post(handler, "prioritize", encode(t, objects("empty")))
		post(handler, "filter", encode(t, objects("empty")))
		post(handler, "prioritize", encode(t, names("empty")))
	}
	if len(logged) != 1 || !strings.Contains(logged[0], "nodeCacheCapable") {
		t.Errorf("logged %q, want one line that names nodeCacheCapable", logged)
	}
}

func TestPreemptEchoes(t *testing.T) {
	inMeta := map[string]*extenderv1.MetaVictims{
		"a": {Pods: []*extenderv1.MetaPod{{UID: "1"}, {UID: "2"}}, NumPDBViolations: 1},
		"b": {Pods: []*extenderv1.MetaPod{{UID: "3"}}},
	}
	inFull := map[string]*extenderv1.Victims{
		"a": {Pods: []*corev1.Pod{withUID("1"), withUID("2")}, NumPDBViolations: 1},
		"b": {Pods: []*corev1.Pod{withUID("3")}},
	}
	const want = `{"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":"1"},{"UID":"2"}],"NumPDBViolations":1},` +
		`"b":{"Pods":[{"UID":"3"}],"NumPDBViolations":0}}}`
	cases := map[string]struct {
		snapshot *score.Snapshot
		request  extenderv1.ExtenderPreemptionArgs
		want     string
	}{
		"victims by UID":            {smallCluster(), extenderv1.ExtenderPreemptionArgs{NodeNameToMetaVictims: inMeta}, want},
		"whole victims, by UID":     {smallCluster(), extenderv1.ExtenderPreemptionArgs{NodeNameToVictims: inFull}, want},
		"victims to a cold one":     {nil, extenderv1.ExtenderPreemptionArgs{NodeNameToMetaVictims: inMeta}, want},
		"nobody":                    {smallCluster(), extenderv1.ExtenderPreemptionArgs{}, `{"NodeNameToMetaVictims":{}}`},
		"a node without an account": {smallCluster(), extenderv1.ExtenderPreemptionArgs{NodeNameToMetaVictims: map[string]*extenderv1.MetaVictims{"a": nil}}, `{"NodeNameToMetaVictims":{}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.request.Pod = pod("cart")
			status, got := post(newHandler(t, c.snapshot, everyVerb), "preempt", encode(t, c.request))
			if status != 200 || got != c.want {
				t.Errorf("answered %d\n%s\nwant 200\n%s", status, got, c.want)
			}
		})
	}
}

func TestPreemptIsVetoedOnlyForTheAwaitedPodAndOnlyForATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		snapshot := score.NewSnapshot(nil, []score.Plan{
			{Node: "n", Pods: []string{"shop/cart"}, InFlight: true, Since: time.Now()},
		})
		opts := everyVerb
		opts.PreemptVeto = 3 * time.Minute
		handler := newHandler(t, snapshot, opts)
		ask := func(request extenderv1.ExtenderPreemptionArgs) bool {
			request.NodeNameToMetaVictims = map[string]*extenderv1.MetaVictims{"a": {Pods: []*extenderv1.MetaPod{{UID: "1"}}}}
			_, answer := post(handler, "preempt", encode(t, request))
			return strings.Contains(answer, `"a"`)
		}
		exempt := pod("cart")
		exempt.Spec.PriorityClassName = "system-cluster-critical"

		time.Sleep(3*time.Minute - time.Second) // of the bubble's clock
		got := map[string]bool{
			"awaited": ask(extenderv1.ExtenderPreemptionArgs{Pod: pod("cart")}),
			"other":   ask(extenderv1.ExtenderPreemptionArgs{Pod: pod("till")}),
			"exempt":  ask(extenderv1.ExtenderPreemptionArgs{Pod: exempt}),
		}
		time.Sleep(time.Second)
		got["awaited, overdue"] = ask(extenderv1.ExtenderPreemptionArgs{Pod: pod("cart")})
		want := map[string]bool{"awaited": false, "other": true, "exempt": true, "awaited, overdue": true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("may evict (-want +got):\n%s", diff)
		}
	})
}

func TestTheVetoHasADefault(t *testing.T) {
	snapshot := score.NewSnapshot(nil, []score.Plan{
		{Node: "n", Pods: []string{"shop/cart"}, InFlight: true, Since: time.Now().Add(-extender.DefaultPreemptVeto / 2)},
	})
	request := extenderv1.ExtenderPreemptionArgs{
		Pod:                   pod("cart"),
		NodeNameToMetaVictims: map[string]*extenderv1.MetaVictims{"a": {Pods: []*extenderv1.MetaPod{{UID: "1"}}}},
	}
	_, got := post(newHandler(t, snapshot, everyVerb), "preempt", encode(t, request))
	if want := `{"NodeNameToMetaVictims":{}}`; got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
}

func withUID(uid string) *corev1.Pod {
	p := pod("victim")
	p.UID = types.UID(uid)
	return p
}
