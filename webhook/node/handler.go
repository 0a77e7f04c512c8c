package node

import (
	"context"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Handler answers admission requests about Nodes from memory. A rehearsal is answered as if it were meant.
type Handler struct {
	// Cluster is what the caches know.
	Cluster Cluster
	// Namespace is that of the autoscaler, whose service accounts are trusted.
	Namespace string
	// Decoder reads Nodes.
	Decoder admission.Decoder
	// Decided is told of every decision but those of rehearsals, with the reason that it speaks of, if any. Nil tells nobody.
	Decided func(outcome Outcome, reason Reason)
}

// Outcome is how a request was answered.
type Outcome string

// Outcomes.
const (
	Allowed    Outcome = "allowed"
	Refused    Outcome = "refused"
	Overridden Outcome = "overridden"
)

var _ admission.Handler = (*Handler)(nil)

// Handle answers one request.
func (h *Handler) Handle(ctx context.Context, request admission.Request) admission.Response {
	if request.SubResource != "" {
		return admission.Allowed("")
	}
	switch request.Operation {
	case admissionv1.Delete:
		return h.handleDelete(ctx, request)
	case admissionv1.Update:
		return h.handleUpdate(ctx, request)
	case admissionv1.Create, admissionv1.Connect:
		return admission.Allowed("")
	default:
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("operation %q: want DELETE or UPDATE", request.Operation))
	}
}

func (h *Handler) handleDelete(ctx context.Context, request admission.Request) admission.Response {
	node := &corev1.Node{}
	if err := h.Decoder.DecodeRaw(request.OldObject, node); err != nil {
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("decode the Node: %w", err))
	}
	situation := &Situation{Node: node, Override: node.Annotations[v1alpha1.AnnotationEvictionOverride]}
	if err := h.gather(ctx, request, situation); err != nil {
		return admission.Errored(http.StatusServiceUnavailable, fmt.Errorf("what runs on Node %s is not known, try again: %w", node.Name, err))
	}
	return h.answer(ctx, request, situation, DecideDeletion(situation))
}

// handleUpdate lets all pass but NoExecute taints, and these too where it cannot tell: kubelets must be able to update their Nodes.
func (h *Handler) handleUpdate(ctx context.Context, request admission.Request) admission.Response {
	before, after := &corev1.Node{}, &corev1.Node{}
	if err := h.Decoder.DecodeRaw(request.OldObject, before); err != nil {
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("decode the old Node: %w", err))
	}
	if err := h.Decoder.DecodeRaw(request.Object, after); err != nil {
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("decode the Node: %w", err))
	}
	taints := added(before, after)
	if len(taints) == 0 {
		return admission.Allowed("")
	}
	situation := &Situation{Node: before, Override: after.Annotations[v1alpha1.AnnotationEvictionOverride], Added: taints}
	if err := h.gather(ctx, request, situation); err != nil {
		logf.FromContext(ctx).Error(err, "Cannot tell what a taint does, so it passes", "node", before.Name)
		return admission.Allowed("").WithWarnings("what runs on Node " + before.Name + " is not known: nobody looked at what the taint does")
	}
	return h.answer(ctx, request, situation, DecideTaints(situation))
}

// gather looks up what the rules need, which for a Node that is not ours is nothing.
func (h *Handler) gather(ctx context.Context, request admission.Request, s *Situation) (err error) {
	s.Trusted = trusts(&request.UserInfo, h.Namespace)
	if s.Trusted || s.Node.Labels[v1alpha1.LabelManaged] != "true" {
		return nil
	}
	if s.Pods, err = h.Cluster.pods(ctx, s.Node.Name); err != nil {
		return err
	}
	s.VPSieNode, err = h.Cluster.vpsieNode(ctx, s.Node)
	return err
}
