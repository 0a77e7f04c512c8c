package extender_test

import (
	"encoding/json"
	"testing"

	extenderv1 "k8s.io/kube-scheduler/extender/v1"
)

// FuzzVerbs sends arbitrary bodies. No verb may panic, and what it answers with 200 must keep the promises of its verb.
func FuzzVerbs(f *testing.F) {
	for _, body := range []string{
		``, `null`, `[]`, `{`, `{"Pod":{}}`, `{"Pod":{},"Nodes":{"items":[{}]}}`,
		`{"Pod":{"spec":{"containers":[{"resources":{"requests":{"cpu":"9E","memory":"-1"}}}],"overhead":{"cpu":"1"}}},"NodeNames":["empty","leaving","leaving"]}`,
		`{"Pod":{"spec":{"resources":{"requests":{"cpu":"1"}},"initContainers":[{"restartPolicy":"Always"}]}},"NodeNames":[""]}`,
		`{"Pod":{},"NodeNameToMetaVictims":{"a":null,"b":{"Pods":[null]}},"NodeNameToVictims":{"c":{"Pods":[null,{}]}}}`,
	} {
		f.Add([]byte(body))
	}
	f.Add(encode(f, names("empty", "planned", "leaving", "unknown")))
	f.Add(encode(f, objects("empty", "leaving")))
	handler := newHandler(f, smallCluster(), everyVerb)
	f.Fuzz(func(t *testing.T, body []byte) {
		if status, answer := post(handler, "prioritize", body); wellFormed(t, status) {
			checkScores(t, body, answer)
		}
		if status, answer := post(handler, "filter", body); wellFormed(t, status) {
			checkPassed(t, body, answer)
		}
		status, _ := post(handler, "preempt", body)
		wellFormed(t, status)
	})
}

// wellFormed reports whether the request was answered, and fails on any status but those for good and bad requests.
func wellFormed(t *testing.T, status int) bool {
	t.Helper()
	if status != 200 && status != 400 {
		t.Fatalf("answered %d, want 200 or 400", status)
	}
	return status == 200
}

func checkScores(t *testing.T, body []byte, answer string) {
	t.Helper()
	var scores extenderv1.HostPriorityList
	if err := json.Unmarshal([]byte(answer), &scores); err != nil || scores == nil {
		t.Fatalf("answered %s: want a list, %v", answer, err)
	}
	if sent := nodesSent(t, body); len(scores) != sent {
		t.Fatalf("scored %d of %d nodes", len(scores), sent)
	}
	for _, s := range scores {
		if s.Score < extenderv1.MinExtenderPriority || s.Score > extenderv1.MaxExtenderPriority {
			t.Fatalf("score %d of %q is out of range", s.Score, s.Host)
		}
	}
}

func checkPassed(t *testing.T, body []byte, answer string) {
	t.Helper()
	var result extenderv1.ExtenderFilterResult
	if err := json.Unmarshal([]byte(answer), &result); err != nil {
		t.Fatal(err)
	}
	if result.NodeNames == nil || result.FailedNodes != nil || result.Error != "" {
		t.Fatalf("answered %s: want names, no failed nodes and no error", answer)
	}
	if sent := nodesSent(t, body); len(*result.NodeNames) > sent {
		t.Fatalf("passed %d of %d nodes", len(*result.NodeNames), sent)
	}
}

func nodesSent(t *testing.T, body []byte) int {
	t.Helper()
	var sent extenderv1.ExtenderArgs
	if err := json.Unmarshal(body, &sent); err != nil {
		t.Fatalf("answered 200 to what is not one JSON object: %v", err)
	}
	switch {
	case sent.NodeNames != nil:
		return len(*sent.NodeNames)
	case sent.Nodes != nil:
		return len(sent.Nodes.Items)
	default:
		return 0
	}
}
