package extender_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// victims are pods on two nodes, in the two forms that a scheduler sends them in.
func victims(pod *corev1.Pod, whole bool) extenderv1.ExtenderPreemptionArgs {
	args := extenderv1.ExtenderPreemptionArgs{Pod: pod}
	for node, uids := range map[string][]types.UID{"a": {"1", "2"}, "b": {"3"}} {
		full, meta := &extenderv1.Victims{NumPDBViolations: 1}, &extenderv1.MetaVictims{NumPDBViolations: 1}
		for _, uid := range uids {
			full.Pods = append(full.Pods, withUID(string(uid)))
			meta.Pods = append(meta.Pods, &extenderv1.MetaPod{UID: string(uid)})
		}
		if whole {
			args.NodeNameToVictims = setIn(args.NodeNameToVictims, node, full)
		} else {
			args.NodeNameToMetaVictims = setIn(args.NodeNameToMetaVictims, node, meta)
		}
	}
	return args
}

func setIn[V any](all map[string]V, key string, value V) map[string]V {
	if all == nil {
		all = map[string]V{}
	}
	all[key] = value
	return all
}

// Given any answer, then the scheduler's own type has a place for all of it, and loses nothing of it.
func TestAnswersSurviveTheTypesOfTheScheduler(t *testing.T) {
	awaited := score.NewSnapshot(nil, []score.Plan{{Node: "n", Pods: []string{"shop/cart"}, InFlight: true, Since: time.Now()}})
	cases := map[string]struct {
		verb     string
		snapshot *score.Snapshot
		request  any
		into     any
	}{
		"scores":              {"prioritize", smallCluster(), names("leaving", "planned"), &extenderv1.HostPriorityList{}},
		"scores of none":      {"prioritize", smallCluster(), names(), &extenderv1.HostPriorityList{}},
		"scores of objects":   {"prioritize", smallCluster(), objects("leaving", "planned"), &extenderv1.HostPriorityList{}},
		"names that pass":     {"filter", smallCluster(), names("empty"), &extenderv1.ExtenderFilterResult{}},
		"names withheld":      {"filter", smallCluster(), names("empty", "leaving"), &extenderv1.ExtenderFilterResult{}},
		"victims by UID":      {"preempt", smallCluster(), victims(pod("cart"), false), &extenderv1.ExtenderPreemptionResult{}},
		"whole victims":       {"preempt", smallCluster(), victims(pod("cart"), true), &extenderv1.ExtenderPreemptionResult{}},
		"no victims, by veto": {"preempt", awaited, victims(pod("cart"), false), &extenderv1.ExtenderPreemptionResult{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, answer := post(newHandler(t, c.snapshot, everyVerb), c.verb, encode(t, c.request))
			decoder := json.NewDecoder(strings.NewReader(answer))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(c.into); err != nil {
				t.Fatalf("the scheduler's type refuses %s: %v", answer, err)
			}
			if diff := cmp.Diff(answer, string(encode(t, c.into))); diff != "" {
				t.Errorf("what the scheduler makes of it (-answered +read):\n%s", diff)
			}
		})
	}
}

// Given victims in either form, then the answer names the same ones, so that the scheduler evicts whom it chose itself.
func TestPreemptNamesTheSameVictimsInBothForms(t *testing.T) {
	want := victims(nil, false).NodeNameToMetaVictims
	for name, whole := range map[string]bool{"by UID": false, "whole": true} {
		_, answer := post(newHandler(t, smallCluster(), everyVerb), "preempt", encode(t, victims(pod("cart"), whole)))
		var got extenderv1.ExtenderPreemptionResult
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.NodeNameToMetaVictims); diff != "" {
			t.Errorf("%s (-sent +answered):\n%s", name, diff)
		}
	}
}

// Given requests as schedulers of other versions would send them, then the answer is that to the plain request.
func TestRequestsOfOtherVersionsAreUnderstood(t *testing.T) {
	plain := `{"Pod":{"metadata":{"name":"cart","namespace":"shop"}},"Nodes":null,"NodeNames":["planned","leaving"]}`
	later := strings.Replace(plain, `{"Pod"`, `{"Cycle":{"ID":7,"Placement":["x"]},"Pod"`, 1)
	for name, request := range map[string]string{
		"later, with more of the request": later,
		"later, with more of the pod":     strings.Replace(plain, `"namespace"`, `"future":{"a":[1]},"namespace"`, 1),
		"without unused fields":           strings.Replace(plain, `"Nodes":null,`, "", 1),
		"with a kind":                     strings.Replace(plain, `"metadata"`, `"kind":"Pod","apiVersion":"v1","metadata"`, 1),
		"in lower case":                   strings.NewReplacer(`"Pod"`, `"pod"`, `"Nodes"`, `"nodes"`, `"NodeNames"`, `"nodeNames"`).Replace(plain),
		"with space around":               "\n " + plain + "\n",
	} {
		for _, verb := range []string{"prioritize", "filter"} {
			handler := newHandler(t, smallCluster(), everyVerb)
			_, want := post(handler, verb, []byte(plain))
			if status, got := post(handler, verb, []byte(request)); status != 200 || got != want {
				t.Errorf("%s, %s: answered %d\n%s\nwant\n%s", name, verb, status, got, want)
			}
		}
	}
}
