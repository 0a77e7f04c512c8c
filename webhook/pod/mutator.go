package pod

import (
	"context"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	// Decoder reads pods.
	Decoder admission.Decoder
}

var _ admission.Handler = (*Mutator)(nil)

// Handle adds to the pod what it lacks to run on the nodes of the group that it names.
func (m *Mutator) Handle(ctx context.Context, request admission.Request) admission.Response {
	switch request.Operation {
	case admissionv1.Create:
	case admissionv1.Update, admissionv1.Delete, admissionv1.Connect:
		return admission.Allowed("")
	default:
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("operation %q: want CREATE", request.Operation))
	}
	pod := &corev1.Pod{}
	if err := m.Decoder.Decode(request, pod); err != nil {
		return admission.Errored(http.StatusBadRequest, fmt.Errorf("decode the pod: %w", err))
	}
	name := pod.Labels[v1alpha1.LabelPodNodeGroup]
	if name == "" {
		return admission.Allowed("")
	}
	if tie := tied(pod); tie != "" {
		return warn("label %s=%s has no effect: the pod %s", v1alpha1.LabelPodNodeGroup, name, tie)
	}
	group, err := m.find(ctx, request.Namespace, name)
	if err != nil {
		logf.FromContext(ctx).Error(err, "Cannot look up the NodeGroup of a pod", "nodeGroup", name)
		return warn("NodeGroup %s cannot be looked up: the pod is created without its node selector and tolerations", name)
	}
	if group == nil {
		return warn("NodeGroup %s is neither in namespace %s nor in %s: the pod is created without its node selector and "+
			"tolerations", name, request.Namespace, m.Namespace)
	}
	return mutate(pod, group)
}

func mutate(pod *corev1.Pod, group *v1alpha1.NodeGroup) admission.Response {
	response := admission.Patched("", Missing(pod, group).Patch(pod)...)
	if chosen, found := pod.Spec.NodeSelector[v1alpha1.LabelNodeGroup]; found && chosen != group.Name {
		return response.WithWarnings(fmt.Sprintf("label %s=%s contradicts spec.nodeSelector[%s]=%s, which is kept",
			v1alpha1.LabelPodNodeGroup, group.Name, v1alpha1.LabelNodeGroup, chosen))
	}
	return response
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

// tied says why the node of the pod is settled already, or is empty. A node selector could only keep such a pod from running.
func tied(pod *corev1.Pod) string {
	if pod.Spec.NodeName != "" {
		return "names its node in spec.nodeName"
	}
	if owner := metav1.GetControllerOfNoCopy(pod); owner != nil && owner.Kind == "DaemonSet" {
		return "belongs to a DaemonSet: set the node selector in the DaemonSet's template"
	}
	return ""
}

func warn(format string, args ...any) admission.Response {
	return admission.Allowed("").WithWarnings(fmt.Sprintf(format, args...))
}
