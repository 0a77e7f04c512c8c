package extender

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"
)

func TestRequestsThatAreReadLean(t *testing.T) {
	cases := map[string]struct {
		body string
		lean bool
	}{
		"as kube-scheduler writes it": {`{"Pod":{"metadata":{"name":"p"}},"Nodes":null,"NodeNames":["a","b.c-1"]}`, true},
		"with space and a new line":   {" { \"NodeNames\" : [ \"a\" , \"b\" ] ,\t\"Pod\" : { } }\n", true},
		"without names":               {`{"Pod":{},"Nodes":null,"NodeNames":[]}`, true},
		"brackets in a string":        {`{"Pod":{"metadata":{"name":"}]\"{["}},"NodeNames":["a"]}`, true},
		"whole nodes":                 {`{"Pod":{},"Nodes":{"items":[]},"NodeNames":null}`, false},
		"names that are null":         {`{"Pod":{},"NodeNames":null}`, false},
		"names that are missing":      {`{"Pod":{},"Nodes":null}`, false},
		"no pod":                      {`{"Pod":null,"NodeNames":["a"]}`, false},
		"a pod that is missing":       {`{"NodeNames":["a"]}`, false},
		"a pod that is wrong":         {`{"Pod":{"spec":7},"NodeNames":["a"]}`, false},
		"a pod that is no JSON":       {`{"Pod":{,},"NodeNames":["a"]}`, false},
		"an escaped name":             {`{"Pod":{},"NodeNames":["\u0061"]}`, false},
		"a name that is a number":     {`{"Pod":{},"NodeNames":["a",7]}`, false},
		"a name too many commas":      {`{"Pod":{},"NodeNames":["a",]}`, false},
		"names behind the list":       {`{"Pod":{},"NodeNames":["a"]"b"}`, false},
		"another field":               {`{"Pod":{},"NodeNames":["a"],"Other":1}`, false},
		"another case":                {`{"pod":{},"NodeNames":["a"]}`, false},
		"a field twice":               {`{"Pod":{},"NodeNames":["a"],"NodeNames":["b"]}`, false},
		"something behind it":         {`{"Pod":{},"NodeNames":["a"]}{}`, false},
		"cut off":                     {`{"Pod":{},"NodeNames":["a"`, false},
		"nothing":                     {``, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, lean := readLean([]byte(c.body)); lean != c.lean {
				t.Errorf("read lean: %t, want %t", lean, c.lean)
			}
			checkLean(t, []byte(c.body))
		})
	}
}

// FuzzLean compares what is read lean with what the standard decoder reads.
func FuzzLean(f *testing.F) {
	f.Add([]byte(`{"Pod":{"metadata":{"name":"p"}},"Nodes":null,"NodeNames":["a","b"]}`))
	f.Add([]byte(`{"NodeNames":[],"Pod":{"spec":{"containers":[{"name":"}]\"{["}]}}}`))
	f.Add([]byte(`{"Pod":{}, "Nodes":null , "NodeNames" :[ "x" ]} `))
	f.Fuzz(func(t *testing.T, body []byte) { checkLean(t, body) })
}

func checkLean(t *testing.T, body []byte) {
	t.Helper()
	in, lean := readLean(body)
	if !lean {
		return
	}
	var full extenderv1.ExtenderArgs
	if err := json.Unmarshal(body, &full); err != nil {
		t.Fatalf("%q was read, and is wrong: %v", body, err)
	}
	if full.NodeNames == nil || full.Nodes != nil {
		t.Fatalf("%q was read, and does not have names alone", body)
	}
	if diff := cmp.Diff(*full.NodeNames, in.nodes) + cmp.Diff(full.Pod, in.pod); diff != "" {
		t.Fatalf("%q (-full +lean):\n%s", body, diff)
	}
}

// FuzzScore compares the score of a node, as it is written, with what encoding/json writes.
func FuzzScore(f *testing.F) {
	f.Add("node-1.example.com", int64(10))
	f.Add("\"<\u2028\xff", int64(-1))
	f.Fuzz(func(t *testing.T, node string, score int64) {
		want, err := json.Marshal(extenderv1.HostPriority{Host: node, Score: score})
		if err != nil {
			t.Fatal(err)
		}
		if got := appendScore(nil, node, score); string(got) != string(want) {
			t.Fatalf("wrote %s, want %s", got, want)
		}
	})
}
