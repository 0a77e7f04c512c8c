package pod

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Validator answers admission requests about new pods, and about the templates of workloads. A template is never refused: what is
// made of it may be changed on the way, and is asked about again.
type Validator struct {
	// Reader finds Namespaces, of which it needs the metadata only, and NodeGroups. It should answer from memory.
	Reader client.Reader
	// Supply is what is known of nodes and node groups; it may give nil.
	Supply func() *Supply
	// Policy is for namespaces without one of their own.
	Policy Policy
	// Mutator is what pods in namespaces that ask for it go through before they get here; nil means none.
	Mutator *Mutator
	// Decoder reads pods.
	Decoder admission.Decoder
}

var _ admission.Handler = (*Validator)(nil)

// Handle warns of, or refuses, a pod that could never run.
func (v *Validator) Handle(ctx context.Context, request admission.Request) admission.Response {
	if request.Kind.Kind != "" && request.Kind.Kind != "Pod" {
		return v.handleTemplate(ctx, request)
	}
	if answer := passes(&request); answer != nil {
		return *answer
	}
	pod := &corev1.Pod{}
	if err := v.Decoder.Decode(request, pod); err != nil {
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("decode the pod: %w", err))
	}
	policy := policyOf(v.labelsOf(ctx, request.Namespace), v.Policy)
	if policy == PolicyOff {
		return admission.Allowed("")
	}
	pod.Namespace = request.Namespace
	return answer(pod, policy, v.examine(ctx, pod))
}

// labelsOf gives the labels of a namespace. It has none as long as it is not in our cache.
func (v *Validator) labelsOf(ctx context.Context, name string) map[string]string {
	namespace := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
	if err := v.Reader.Get(ctx, client.ObjectKey{Name: name}, namespace); err != nil {
		if !apierrors.IsNotFound(err) {
			logf.FromContext(ctx).Error(err, "Cannot look up the namespace of a pod", "namespace", name)
		}
		return nil
	}
	return namespace.Labels
}

// examine has no opinion about nodes while the supply is older than the node groups: a group may be created together with its pods.
func (v *Validator) examine(ctx context.Context, pod *corev1.Pod) []Finding {
	supply := v.Supply()
	found := Examine(pod, supply)
	if supply == nil || len(found) == 0 {
		return found
	}
	var groups v1alpha1.NodeGroupList
	if err := v.Reader.List(ctx, &groups, client.UnsafeDisableDeepCopy); err != nil || !supply.SameGroups(groups.Items) {
		return Examine(pod, nil)
	}
	return found
}

// warningsShown is how many warnings one answer carries.
const warningsShown = 6

// answer lets the pod pass with its findings as warnings, or refuses it with those that are no doubts.
func answer(pod *corev1.Pod, policy Policy, found []Finding) admission.Response {
	var faults field.ErrorList
	var warnings []string
	for _, f := range found {
		if policy == PolicyDeny && !f.Doubt {
			faults = append(faults, f.fault())
		} else {
			warnings = append(warnings, f.String())
		}
	}
	response := admission.Allowed("")
	if len(faults) > 0 {
		name := cmp.Or(pod.Name, pod.GenerateName)
		status := apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, name, faults).Status()
		response = admission.Response{AdmissionResponse: admissionv1.AdmissionResponse{Allowed: false, Result: &status}}
	}
	return response.WithWarnings(warnings[:min(len(warnings), warningsShown)]...)
}

func (f Finding) fault() *field.Error {
	switch {
	case f.Reason == ReasonRequestsMissing:
		return field.Required(f.Field, f.Message)
	case f.Value == nil:
		return field.Forbidden(f.Field, f.Message)
	default:
		return field.Invalid(f.Field, f.Value, f.Message)
	}
}
