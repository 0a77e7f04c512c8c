package eviction

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// Keys of the audit annotations of an overridden eviction. The API server puts the name of the webhook before them.
const (
	auditOverride  = "eviction-override"
	auditOverruled = "eviction-overruled"
)

// EventOverridden is the reason of the Event on a pod that was evicted against the rules.
const EventOverridden = "EvictionOverridden"

// maxNote is how long the note of an Event may be, in bytes.
const maxNote = 1024

// answer refuses: with the code on which drains wait, and a cause for each rule, by which programs can tell the refusal from that of a
// PodDisruptionBudget.
func (h *Handler) answer(asked question, refusals []rules.Refusal) admission.Response {
	h.count(asked, Refused, refusals[0].Reason)
	status := &metav1.Status{
		Status:  metav1.StatusFailure,
		Code:    http.StatusTooManyRequests,
		Reason:  metav1.StatusReasonTooManyRequests,
		Message: describe(refusals),
		Details: &metav1.StatusDetails{Kind: "pods", Name: asked.pod.Name},
	}
	for _, refusal := range refusals {
		status.Details.Causes = append(status.Details.Causes, metav1.StatusCause{
			Type: Cause(refusal.Reason), Message: refusal.Message,
		})
	}
	response := admission.Denied("")
	response.Result = status
	return response
}

// Cause is the type of the cause that a refusal for this reason carries.
func Cause(reason rules.Reason) metav1.CauseType {
	return metav1.CauseType(v1alpha1.KeyPrefix + string(reason))
}

// override allows what the rules refuse, and leaves traces: for who asked, for who reads the audit log, and for who looks at the pod.
func (h *Handler) override(ctx context.Context, request admission.Request, asked question, pod *corev1.Pod, verdict rules.Verdict) admission.Response {
	h.count(asked, Overridden, verdict.Overruled[0].Reason)
	against := describe(verdict.Overruled)
	logf.FromContext(ctx).Info("An override lets a pod be evicted", "pod", asked.pod, "user", request.UserInfo.Username, "on", verdict.Override.On,
		"why", verdict.Override.Why, "against", against, "rehearsal", asked.rehearsal)
	if !asked.rehearsal && h.Events != nil {
		note := fmt.Sprintf("%s evicts the pod because of %s on %s (%q), although %s", request.UserInfo.Username,
			v1alpha1.AnnotationEvictionOverride, verdict.Override.On, verdict.Override.Why, against)
		h.Events.Eventf(pod, nil, corev1.EventTypeWarning, EventOverridden, "Evict", "%s", cut(note, maxNote))
	}
	response := admission.Allowed("").WithWarnings(append([]string{fmt.Sprintf("%s on %s (%q) sets aside: %s",
		v1alpha1.AnnotationEvictionOverride, verdict.Override.On, verdict.Override.Why, against)}, verdict.Warnings...)...)
	response.AuditAnnotations = map[string]string{
		auditOverride:  verdict.Override.On + ": " + verdict.Override.Why,
		auditOverruled: against,
	}
	return response
}

func describe(refusals []rules.Refusal) string {
	var parts []string
	for _, refusal := range refusals {
		parts = append(parts, string(refusal.Reason)+": "+refusal.Message)
	}
	return strings.Join(parts, "; ")
}

// cut shortens a text to so many bytes.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}
