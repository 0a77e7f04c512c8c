package rules

import (
	"fmt"
	"time"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// DoNotDisrupt holds a pod whose author asked that it be left in peace, for good or for a while.
const DoNotDisrupt Reason = "DoNotDisrupt"

// Annotations of other autoscalers with the same meaning. Pods carry them already, and the API server knows nothing of them.
const (
	annotationKarpenter   = "karpenter.sh/do-not-disrupt"
	annotationSafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict"
)

// doNotDisrupt honours every annotation: the pod may go when the last of them lets it. There is no peace to keep on a Node that is
// lost, the pods of which Kubernetes itself deletes before long.
func doNotDisrupt(s *Snapshot) *Refusal {
	if s.NodeLost {
		return nil
	}
	for _, key := range []string{v1alpha1.AnnotationDoNotDisrupt, annotationKarpenter} {
		if value, found := s.Pod.Annotations[key]; found {
			if message := peace(s, key, value); message != "" {
				return &Refusal{DoNotDisrupt, message}
			}
		}
	}
	if value, found := s.Pod.Annotations[annotationSafeToEvict]; found {
		if message := unsafe(s, value); message != "" {
			return &Refusal{DoNotDisrupt, message}
		}
	}
	return nil
}

// peace reads an annotation that is a boolean or a duration from the pod's start. It is empty if the pod may go.
func peace(s *Snapshot, key, value string) string {
	carries := fmt.Sprintf("pod %s has the annotation %s=%q", s.Pod.Name, key, clip(value))
	switch value {
	case "false":
		return ""
	case "true":
		return carries + ": take it off when the pod may be disrupted"
	}
	length, err := time.ParseDuration(value)
	if err != nil || length < 0 {
		return carries + `, which is neither "true", "false" nor a duration such as "90m", and counts as "true": correct it or take it off`
	}
	if end := started(s).Add(length); s.Now.Before(end) {
		return fmt.Sprintf("%s: it lasts until %s, %s from now; wait or take it off",
			carries, end.UTC().Format(time.RFC3339), end.Sub(s.Now).Round(time.Second))
	}
	return ""
}

// unsafe reads the annotation of Cluster Autoscaler. It is empty if the pod may go.
func unsafe(s *Snapshot, value string) string {
	carries := fmt.Sprintf("pod %s has the annotation %s=%q", s.Pod.Name, annotationSafeToEvict, clip(value))
	switch value {
	case "true":
		return ""
	case "false":
		return carries + ": take it off when the pod may be disrupted"
	case "on-completion":
		return carries + ": wait until the pod has finished its work, or take it off"
	}
	return carries + `, which is neither "true", "false" nor "on-completion", and counts as "false": correct it or take it off`
}

// started is when the kubelet took the pod up, or when it was created if that is not known.
func started(s *Snapshot) time.Time {
	if start := s.Pod.Status.StartTime; start != nil {
		return start.Time
	}
	return s.Pod.CreationTimestamp.Time
}
