package rules

import (
	"strings"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Override lets a pod be evicted past the rules.
type Override struct {
	// Why is what the annotation says, shortened.
	Why string
	// On is what carries the annotation, such as "Node n1".
	On string
}

// findOverride prefers the annotation of the pod to that of its Node. One that gives no reason is none.
func findOverride(s *Snapshot) *Override {
	if why := strings.TrimSpace(s.Pod.Annotations[v1alpha1.AnnotationEvictionOverride]); why != "" {
		return &Override{Why: clip(why), On: "Pod " + s.Pod.Name}
	}
	if why := strings.TrimSpace(s.NodeOverride); why != "" {
		return &Override{Why: clip(why), On: "Node " + s.Pod.Spec.NodeName}
	}
	return nil
}

// maxQuoted is how much of an annotation a message repeats, in bytes. An annotation can be much longer than an Event may be.
const maxQuoted = 100

// clip shortens what somebody wrote in an annotation.
func clip(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	return strings.ToValidUTF8(text[:maxQuoted], "") + "..."
}
