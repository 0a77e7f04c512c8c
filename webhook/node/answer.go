package node

import (
	"context"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Keys of the audit annotations of an overridden refusal. The API server puts the name of the webhook before them.
const (
	auditOverride  = "node-override"
	auditOverruled = "node-overruled"
)

// Cause is the type of the cause that a refusal for this reason carries.
func Cause(reason Reason) metav1.CauseType {
	return metav1.CauseType(v1alpha1.KeyPrefix + string(reason))
}

func (h *Handler) answer(ctx context.Context, request admission.Request, s *Situation, verdict Verdict) admission.Response {
	switch {
	case verdict.Refusal != nil:
		h.count(request, Refused, verdict.Refusal.Reason)
		return forbidden(s.Node.Name, verdict.Refusal).WithWarnings(verdict.Warnings...)
	case verdict.Overruled != nil:
		h.count(request, Overridden, verdict.Overruled.Reason)
		return override(ctx, request, s, verdict)
	}
	h.count(request, Allowed, "")
	return admission.Allowed("").WithWarnings(verdict.Warnings...)
}

func (h *Handler) count(request admission.Request, outcome Outcome, reason Reason) {
	rehearsal := request.DryRun != nil && *request.DryRun
	if !rehearsal && h.Decided != nil {
		h.Decided(outcome, reason)
	}
}

// forbidden refuses with a cause by which programs can tell the reason.
func forbidden(node string, refusal *Refusal) admission.Response {
	response := admission.Denied("")
	response.Result = &metav1.Status{
		Status:  metav1.StatusFailure,
		Code:    http.StatusForbidden,
		Reason:  metav1.StatusReasonForbidden,
		Message: string(refusal.Reason) + ": " + refusal.Message,
		Details: &metav1.StatusDetails{Kind: "nodes", Name: node, Causes: []metav1.StatusCause{{Type: Cause(refusal.Reason), Message: refusal.Message}}},
	}
	return response
}

// override allows what a rule refuses, and leaves traces: for who asked, for who reads the audit log, and in our own log.
func override(ctx context.Context, request admission.Request, s *Situation, verdict Verdict) admission.Response {
	against := string(verdict.Overruled.Reason) + ": " + verdict.Overruled.Message
	logf.FromContext(ctx).Info("An override lets a Node be deleted or tainted", "node", s.Node.Name, "user", request.UserInfo.Username,
		"why", s.Override, "against", against, "dryRun", request.DryRun)
	response := admission.Allowed("").WithWarnings(append([]string{
		fmt.Sprintf("%s on Node %s (%q) sets aside: %s", v1alpha1.AnnotationEvictionOverride, s.Node.Name, s.Override, against),
	}, verdict.Warnings...)...)
	response.AuditAnnotations = map[string]string{auditOverride: s.Override, auditOverruled: against}
	return response
}
