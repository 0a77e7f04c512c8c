package cluster

import (
	"bytes"
	"fmt"

	"sigs.k8s.io/kwok/kustomize/stage/node/fast"
	"sigs.k8s.io/kwok/kustomize/stage/node/heartbeat"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/yaml"
)

const (
	// FakeNodeAnnotation with the value "fake" on a Node lets kwok play its pods, and its status unless
	// OwnKubeletAnnotation is set too.
	FakeNodeAnnotation = "kwok.x-k8s.io/node"
	// OwnKubeletAnnotation with the value "true" on a Node says that something else reports the node's status and
	// renews its Lease.
	OwnKubeletAnnotation = "vpsie-sim/kubelet"
	// IgnoresTermAnnotation with the value "true" on a pod makes it use all of its termination grace period, like a
	// program that ignores SIGTERM. Without it a deleted pod stops at once.
	IgnoresTermAnnotation = "vpsie-sim/ignores-sigterm"
)

// stage is a kwok Stage object, kept untyped since only two of its fields matter here.
type stage map[string]any

// kwokStages returns the configuration file of kwok: its own fast stages, changed so that the status of a node with
// its own kubelet stays alone, whatever it is, and so that deleted pods may take their time.
func kwokStages() ([]byte, error) {
	var documents [][]byte
	for _, source := range []struct {
		content string
		change  func(spec map[string]any)
	}{
		{fast.DefaultNodeInit, withoutOwnKubelet},
		{heartbeat.DefaultNodeHeartbeat, withoutOwnKubelet},
		{podfast.DefaultPodReady, nil},
		{podfast.DefaultPodComplete, nil},
		{podfast.DefaultPodDelete, withGracePeriod},
	} {
		var s stage
		if err := yaml.Unmarshal([]byte(source.content), &s); err != nil {
			return nil, fmt.Errorf("parse a stage of kwok: %w", err)
		}
		if source.change != nil {
			source.change(s["spec"].(map[string]any))
		}
		document, err := yaml.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("write a stage of kwok: %w", err)
		}
		documents = append(documents, document)
	}
	return bytes.Join(documents, []byte("---\n")), nil
}

// withoutOwnKubelet narrows a node stage to nodes that have no kubelet of their own.
func withoutOwnKubelet(spec map[string]any) {
	selector := spec["selector"].(map[string]any)
	expressions := selector["matchExpressions"].([]any)
	selector["matchExpressions"] = append(expressions, map[string]any{
		"key":      fmt.Sprintf(".metadata.annotations[%q]", OwnKubeletAnnotation),
		"operator": "NotIn",
		"values":   []any{"true"},
	})
}

// withGracePeriod delays the end of a pod that ignores SIGTERM until the API server's deadline, which is the time of
// the delete request plus the grace period.
func withGracePeriod(spec map[string]any) {
	spec["delay"] = map[string]any{
		"durationMilliseconds": 0,
		"durationFrom": map[string]any{"jq": map[string]any{
			"expression": fmt.Sprintf(`select(.metadata.annotations[%q] == "true") | .metadata.deletionTimestamp`, IgnoresTermAnnotation),
		}},
	}
}
