package scenario

import (
	"bytes"
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	kubejson "k8s.io/apimachinery/pkg/util/json"
)

// richPod uses every kind of field that a pod has.
const richPod = `{"apiVersion": "v1", "kind": "Pod",
  "metadata": {"name": "p\u00e9\n", "namespace": "n", "labels": {"a\tb": "c", "d": null}, "annotations": {},
    "creationTimestamp": "2026-01-01T00:00:00Z", "deletionTimestamp": null, "deletionGracePeriodSeconds": 30, "finalizers": [],
    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u", "controller": true}],
    "managedFields": [{"manager": "m", "fieldsV1": {"f:a": {"b": [1, 2]}}, "time": "2026-01-01T00:00:00Z"}]},
  "spec": {"priority": -7, "hostNetwork": true, "nodeSelector": {"x": "y"}, "overhead": {"cpu": "1m"},
    "containers": [{"name": "c", "command": ["a", "\\\"", ""], "env": [{"name": "E", "value": "{[,:\"]}"}],
      "resources": {"requests": {"cpu": 1.5, "memory": "1e3", "example.com/gpu": "2"}, "limits": null},
      "livenessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 5}, "readinessProbe": {"tcpSocket": {"port": 80}},
      "lifecycle": {"preStop": {"exec": {"command": ["x"]}}}}, {"name": "d"}],
    "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}, {"name": "w", "emptyDir": {"sizeLimit": "1Gi"}}],
    "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "t", "labelSelector": {}}]}},
    "tolerations": [{"operator": "Exists", "tolerationSeconds": 9223372036854775807}], "schedulingGates": [{"name": "g"}]},
  "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "lastTransitionTime": null}]}}`

// decodeAll gives what the decoder makes of JSON, and what it finds wrong.
func decodeAll(raw []byte, target any) (faults []string) {
	d := newDecoder()
	d.fault = func(_ int, message string) { faults = append(faults, message) }
	d.decode(raw, target)
	return faults
}

func TestDecoderAgreesWithThatOfKubernetes(t *testing.T) {
	var got, want corev1.Pod
	if faults := decodeAll([]byte(richPod), &got); len(faults) > 0 {
		t.Fatalf("faults %q", faults)
	}
	if err := kubejson.Unmarshal([]byte(richPod), &want); err != nil {
		t.Fatal(err)
	}
	if !apiequality.Semantic.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestEqualPartsAreShared(t *testing.T) {
	d := newDecoder()
	d.fault = func(_ int, message string) { t.Error(message) }
	var pods [2]corev1.Pod
	for i := range pods {
		raw := bytes.Replace([]byte(richPod), []byte(`"name": "p`), []byte{'"', 'n', 'a', 'm', 'e', '"', ':', '"', 'a' + byte(i)}, 1)
		d.decode(raw, &pods[i])
	}
	if pods[0].Name == pods[1].Name {
		t.Errorf("both pods are named %q", pods[0].Name)
	}
	if &pods[0].Spec.Containers[0] != &pods[1].Spec.Containers[0] || &pods[0].OwnerReferences[0] != &pods[1].OwnerReferences[0] {
		t.Error("the pods share neither containers nor owners")
	}
	if cap(pods[0].Spec.Containers) != len(pods[0].Spec.Containers) {
		t.Error("whoever appends to a shared list would write into it")
	}
}

func TestSharingIsBounded(t *testing.T) {
	d := newDecoder()
	d.fault = func(_ int, message string) { t.Error(message) }
	padding := bytes.Repeat([]byte("x"), 1<<16)
	for i := range 3 * maxShared >> 16 {
		raw, err := json.Marshal(map[string]string{"key": string(append(padding, byte('a'+i%26), byte('a'+i/26)))})
		if err != nil {
			t.Fatal(err)
		}
		target := struct {
			M map[string]string `json:"m"`
		}{}
		d.decode([]byte(`{"m":`+string(raw)+`}`), &target)
		if d.bytes > maxShared || len(target.M["key"]) != len(padding)+2 {
			t.Fatalf("after %d values %d bytes are kept", i, d.bytes)
		}
	}
}

// What the decoder accepts, it must understand as Kubernetes does.
func FuzzDecoderAgreesWithThatOfKubernetes(f *testing.F) {
	for _, seed := range []string{richPod, `{}`, `null`, `{"metadata":null}`, `{"spec":{"containers":[null,{}]}}`, `{"Metadata":{"name":"x"}}`,
		`{"metadata":{"labels":{"a":"1","\u0061":"2"}}}`, `{"spec":{"volumes":[{"name":"v","name":"w"}]}}`, `[1]`, `{"spec":{"priority":1e2}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			t.Skip()
		}
		var got, want corev1.Pod
		if faults := decodeAll(raw, &got); len(faults) > 0 {
			t.Skip()
		}
		if err := kubejson.Unmarshal(raw, &want); err != nil {
			t.Fatalf("%s: accepted, but Kubernetes says %v", raw, err)
		}
		if !apiequality.Semantic.DeepEqual(got, want) {
			t.Errorf("%s\ngot %+v\nwant %+v", raw, got, want)
		}
	})
}
