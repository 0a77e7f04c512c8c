package pod

import (
	"context"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Mutator answers admission requests about new pods. It refuses no pod that it can read: whatever is wrong with the group
// becomes a warning, since a pod that waits for a node is better than one that does not exist.
//
// That only the namespaces labelled autoscaler.vpsie.com/pod-mutation=enabled are meant is left to the namespaceSelector of the
// webhook's configuration. A look at our own copy of the namespace could be older than the API server's.
type Mutator struct {
	// Groups finds NodeGroups. It should answer from memory.
	Groups client.Reader
	// Namespace is where a group is looked for when the pod's own namespace has none of that name.
	Namespace string
	// SchedulerName is the scheduler for pods that name none; empty leaves them with the default one.
	SchedulerName string
	// Rules are for classes of workloads; where two want different values of one label, the first of them counts.
	Rules []Rule
	// Decoder reads pods.
	Decoder admission.Decoder
}

var _ admission.Handler = (*Mutator)(nil)

// Handle adds to the pod what it lacks.
func (m *Mutator) Handle(ctx context.Context, request admission.Request) admission.Response {
	if answer := passes(&request); answer != nil {
		return *answer
	}
	pod := &corev1.Pod{}
	if err := m.Decoder.Decode(request, pod); err != nil {
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("decode the pod: %w", err))
	}
	if tie := tied(pod); tie != "" {
		if name := pod.Labels[v1alpha1.LabelPodNodeGroup]; name != "" {
			return warn("label %s=%s has no effect: the pod %s", v1alpha1.LabelPodNodeGroup, name, tie)
		}
		return admission.Allowed("")
	}
	additions, warnings := m.missing(ctx, request.Namespace, pod)
	return admission.Patched("", additions.Patch(pod)...).WithWarnings(warnings...)
}

// passes answers requests that are not about a new pod, and gives nil for the others.
func passes(request *admission.Request) *admission.Response {
	var answer admission.Response
	switch request.Operation {
	case admissionv1.Create:
		if request.SubResource == "" {
			return nil
		}
		answer = admission.Allowed("")
	case admissionv1.Update, admissionv1.Delete, admissionv1.Connect:
		answer = admission.Allowed("")
	default:
		answer = admission.Errored(http.StatusBadRequest, fmt.Errorf("operation %q: want CREATE", request.Operation))
	}
	return &answer
}

// missing gathers what is wished for the pod and decides.
func (m *Mutator) missing(ctx context.Context, namespace string, pod *corev1.Pod) (Additions, []string) {
	wishes := &Wishes{SchedulerName: m.SchedulerName}
	name := pod.Labels[v1alpha1.LabelPodNodeGroup]
	for i := range m.Rules {
		if m.Rules[i].matches(pod) {
			wishes.Rules = append(wishes.Rules, m.Rules[i])
			if name == "" {
				name = m.Rules[i].NodeGroup
			}
		}
	}
	problem := ""
	if name != "" {
		wishes.Group, problem = m.lookUp(ctx, namespace, name)
	}
	additions, warnings := Missing(pod, wishes)
	if problem != "" {
		warnings = append(warnings, problem)
	}
	return additions, warnings
}

// lookUp gives the group, or says why there is none.
func (m *Mutator) lookUp(ctx context.Context, namespace, name string) (*v1alpha1.NodeGroup, string) {
	group, err := m.find(ctx, namespace, name)
	switch {
	case err != nil:
		logf.FromContext(ctx).Error(err, "Cannot look up the NodeGroup of a pod", "nodeGroup", name)
		return nil, fmt.Sprintf("NodeGroup %s cannot be looked up: the pod is created without its node selector and tolerations", name)
	case group == nil:
		return nil, fmt.Sprintf("NodeGroup %s is neither in namespace %s nor in %s: the pod is created without its node selector and "+
			"tolerations", name, namespace, m.Namespace)
	}
	return group, ""
}

// find returns nil if there is no such group in either namespace.
func (m *Mutator) find(ctx context.Context, namespace, name string) (*v1alpha1.NodeGroup, error) {
	for _, in := range []string{namespace, m.Namespace} {
		group := &v1alpha1.NodeGroup{}
		err := m.Groups.Get(ctx, client.ObjectKey{Namespace: in, Name: name}, group)
		if err == nil {
			return group, nil
		}
		if !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("get NodeGroup %s/%s: %w", in, name, err)
		}
	}
	return nil, nil
}

func warn(format string, args ...any) admission.Response {
	return admission.Allowed("").WithWarnings(fmt.Sprintf(format, args...))
}
