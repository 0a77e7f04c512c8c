package budget

import (
	"context"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// Handler answers admission requests about PodDisruptionBudgets. It allows every one that it can read, with its doubts as warnings.
type Handler struct {
	// Reader finds pods, their controllers and other budgets. It should be a cache that Watch has prepared.
	Reader client.Reader
	// Decoder reads budgets.
	Decoder admission.Decoder
}

var _ admission.Handler = (*Handler)(nil)

// Handle answers one request.
func (h *Handler) Handle(ctx context.Context, request admission.Request) admission.Response {
	switch request.Operation {
	case admissionv1.Create, admissionv1.Update:
	case admissionv1.Delete, admissionv1.Connect:
		return admission.Allowed("")
	default:
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("operation %q: want CREATE or UPDATE", request.Operation))
	}
	if request.SubResource != "" {
		return admission.Allowed("")
	}
	budget := &policyv1.PodDisruptionBudget{}
	if err := h.Decoder.Decode(request, budget); err != nil {
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("decode the PodDisruptionBudget: %w", err))
	}
	same, err := h.sameSpec(request, budget)
	if err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if same || budget.DeletionTimestamp != nil {
		return admission.Allowed("")
	}
	budget.Namespace = request.Namespace
	situation, err := gather(ctx, h.Reader, budget)
	if err != nil {
		logf.FromContext(ctx).Error(err, "Cannot look at what a PodDisruptionBudget selects", "namespace", request.Namespace, "name", budget.Name)
		return admission.Allowed("")
	}
	return admission.Allowed("").WithWarnings(Doubts(situation)...)
}

// sameSpec reports whether an update leaves alone what is looked at.
func (h *Handler) sameSpec(request admission.Request, budget *policyv1.PodDisruptionBudget) (bool, error) {
	if request.Operation != admissionv1.Update {
		return false, nil
	}
	before := &policyv1.PodDisruptionBudget{}
	if err := h.Decoder.DecodeRaw(request.OldObject, before); err != nil {
		return false, fmt.Errorf("decode the old PodDisruptionBudget: %w", err)
	}
	return equality.Semantic.DeepEqual(before.Spec, budget.Spec), nil
}
