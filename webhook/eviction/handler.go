package eviction

import (
	"context"
	"fmt"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// Handler answers admission requests about evictions, from memory alone.
type Handler struct {
	// Index knows the cluster.
	Index *Index
	// Decoder reads evictions; its scheme must know policy/v1.
	Decoder admission.Decoder
	// Events is told on the pod of every override that set a refusal aside.
	Events events.EventRecorder
	// Decided is told of every answer but those to rehearsals, with the first reason against the eviction or none.
	Decided func(outcome Outcome, reason rules.Reason)
}

// Outcome is how an eviction was answered.
type Outcome string

// Outcomes of an eviction. What is allowed may still be refused by the API server.
const (
	Allowed    Outcome = "allowed"
	Refused    Outcome = "refused"
	Overridden Outcome = "overridden"
)

// NotReady refuses every eviction while the index does not know the cluster.
const NotReady rules.Reason = "NotReady"

var _ admission.Handler = (*Handler)(nil)

// Handle answers one request.
func (h *Handler) Handle(ctx context.Context, request admission.Request) admission.Response {
	switch request.Operation {
	case admissionv1.Create:
	case admissionv1.Update, admissionv1.Delete, admissionv1.Connect:
		return admission.Allowed("")
	default:
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("operation %q: want CREATE", request.Operation))
	}
	asked, err := h.read(request)
	if err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if !h.Index.Synced() {
		return h.answer(asked, []rules.Refusal{{Reason: NotReady, Message: "the webhook has just started and does not know all pods yet: " +
			"try again in a moment"}})
	}
	pod, verdict := h.Index.decide(asked, time.Now())
	if !verdict.Allowed() {
		return h.answer(asked, verdict.Refusals)
	}
	if verdict.Override == nil {
		h.count(asked, Allowed, "")
		return admission.Allowed("").WithWarnings(verdict.Warnings...)
	}
	return h.override(ctx, request, asked, pod, verdict)
}

// read finds out which pod is meant, and whether in earnest.
func (h *Handler) read(request admission.Request) (question, error) {
	if request.SubResource != "eviction" {
		return question{}, fmt.Errorf("subresource %q: want eviction", request.SubResource)
	}
	eviction := &policyv1.Eviction{}
	if err := h.Decoder.Decode(request, eviction); err != nil {
		return question{}, fmt.Errorf("decode the eviction: %w", err)
	}
	asked := question{
		pod:       types.NamespacedName{Namespace: request.Namespace, Name: request.Name},
		rehearsal: request.DryRun != nil && *request.DryRun,
	}
	if options := eviction.DeleteOptions; options != nil {
		// kubectl drain says here, and not in the request, that it only rehearses.
		asked.rehearsal = asked.rehearsal || len(options.DryRun) > 0
		if options.Preconditions != nil && options.Preconditions.UID != nil {
			asked.uid = *options.Preconditions.UID
		}
	}
	return asked, nil
}

func (h *Handler) count(asked question, outcome Outcome, reason rules.Reason) {
	if !asked.rehearsal && h.Decided != nil {
		h.Decided(outcome, reason)
	}
}
