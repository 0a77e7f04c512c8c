package pod

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// templates are the workloads whose pods a scheduler places, and where their template is.
var templates = map[string]string{
	"Deployment": "spec.template", "ReplicaSet": "spec.template", "StatefulSet": "spec.template", "Job": "spec.template",
	"ReplicationController": "spec.template", "CronJob": "spec.jobTemplate.spec.template",
}

// owner is as much of a workload as matters here.
type owner struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		Template    corev1.PodTemplateSpec `json:"template"`
		JobTemplate struct {
			Spec struct {
				Template corev1.PodTemplateSpec `json:"template"`
			} `json:"spec"`
		} `json:"jobTemplate"`
	} `json:"spec"`
}

func (o *owner) template(kind string) *corev1.PodTemplateSpec {
	if kind == "CronJob" {
		return &o.Spec.JobTemplate.Spec.Template
	}
	return &o.Spec.Template
}

// handleTemplate tells the author of a workload what would be said to the controller that makes its pods, and that nobody would see.
func (v *Validator) handleTemplate(ctx context.Context, request admission.Request) admission.Response {
	kind := request.Kind.Kind
	path, known := templates[kind]
	if !known {
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("kind %q: want Pod or one of %q", kind, slices.Sorted(maps.Keys(templates))))
	}
	switch request.Operation {
	case admissionv1.Create, admissionv1.Update:
	default:
		return admission.Allowed("")
	}
	if request.SubResource != "" {
		return admission.Allowed("")
	}
	after, before := &owner{}, &owner{}
	if err := json.Unmarshal(request.Object.Raw, after); err != nil {
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("decode the %s: %w", kind, err))
	}
	if len(request.OldObject.Raw) > 0 {
		if err := json.Unmarshal(request.OldObject.Raw, before); err != nil {
			return admission.Errored(http.StatusBadRequest, fmt.Errorf("decode the old %s: %w", kind, err))
		}
	}
	if metav1.GetControllerOfNoCopy(&after.Metadata) != nil || after.Metadata.DeletionTimestamp != nil ||
		request.Operation == admissionv1.Update && equality.Semantic.DeepEqual(before.template(kind), after.template(kind)) {
		return admission.Allowed("")
	}
	return v.examineTemplate(ctx, request.Namespace, after.template(kind), path)
}

func (v *Validator) examineTemplate(ctx context.Context, namespace string, template *corev1.PodTemplateSpec, path string) admission.Response {
	labels := v.labelsOf(ctx, namespace)
	if policyOf(labels, v.Policy) == PolicyOff {
		return admission.Allowed("")
	}
	pod := &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	pod.Namespace = namespace
	workload.Complete(pod)
	var warnings []string
	if v.Mutator != nil && labels[v1alpha1.LabelPodMutation] == "enabled" && tied(pod) == "" {
		additions, problems := v.Mutator.missing(ctx, namespace, pod)
		additions.apply(pod)
		warnings = problems
	}
	for _, f := range v.examine(ctx, pod) {
		warning := path + "." + f.String()
		if f.Reason == ReasonRequestsMissing {
			warning += ", unless a LimitRange does"
		}
		warnings = append(warnings, warning)
	}
	return admission.Allowed("").WithWarnings(warnings[:min(len(warnings), warningsShown)]...)
}

// apply makes the additions to a pod of our own.
func (a Additions) apply(pod *corev1.Pod) {
	if a.SchedulerName != "" {
		pod.Spec.SchedulerName = a.SchedulerName
	}
	if len(a.NodeSelector) > 0 {
		selector := maps.Clone(a.NodeSelector)
		maps.Copy(selector, pod.Spec.NodeSelector)
		pod.Spec.NodeSelector = selector
	}
	pod.Spec.Tolerations = slices.Concat(pod.Spec.Tolerations, a.Tolerations)
}
