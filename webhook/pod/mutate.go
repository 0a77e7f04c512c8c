package pod

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Wishes are what an operator and the pod's labels ask for, with the facts to carry it out.
type Wishes struct {
	// SchedulerName is the scheduler for pods that name none; empty leaves them with the default one.
	SchedulerName string
	// Rules are those of the configuration that match the pod.
	Rules []Rule
	// Group is the NodeGroup that the pod is to run on; nil means that there is none or that it is not known.
	Group *v1alpha1.NodeGroup
}

// steps add to a pod in this order. None changes what the author or an earlier step has decided.
var steps = []func(*draft, *Wishes){
	toGroup,        // the pod's own label names a group: it knows best
	toCapacityType, // on-demand or spot
	byRules,        // the operator's rules for classes of workloads
	toScheduler,    // a pod that names no scheduler gets ours
}

// Missing returns what the pod lacks to run as it is wished, and what the author should know. The pod is not changed.
func Missing(pod *corev1.Pod, wishes *Wishes) (Additions, []string) {
	d := &draft{pod: pod}
	for _, step := range steps {
		step(d, wishes)
	}
	return d.added, d.warnings
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

func toGroup(d *draft, wishes *Wishes) {
	group := wishes.Group
	if group == nil {
		return
	}
	if !d.choose(v1alpha1.LabelNodeGroup, group.Name) {
		if d.pod.Labels[v1alpha1.LabelPodNodeGroup] == "" {
			return // a rule speaks of the group; the author chose another
		}
		d.warnAboutGroup(group.Name)
	}
	for _, taint := range group.Spec.Taints {
		d.tolerate(corev1.Toleration{Key: taint.Key, Operator: corev1.TolerationOpEqual, Value: taint.Value, Effect: taint.Effect})
	}
}

func (d *draft) warnAboutGroup(name string) {
	if chosen, found := d.pod.Spec.NodeSelector[v1alpha1.LabelNodeGroup]; found {
		d.warn("label %s=%s contradicts spec.nodeSelector[%s]=%s, which is kept", v1alpha1.LabelPodNodeGroup, name, v1alpha1.LabelNodeGroup, chosen)
		return
	}
	d.warn("label %s=%s contradicts spec.affinity.nodeAffinity, which chooses by %s and is kept", v1alpha1.LabelPodNodeGroup, name, v1alpha1.LabelNodeGroup)
}

// capacityTypes are the values of the label that a pod may carry.
var capacityTypes = map[string]bool{string(cloud.CapacityOnDemand): true, string(cloud.CapacitySpot): true}

func toCapacityType(d *draft, _ *Wishes) {
	kind, by := d.pod.Labels[v1alpha1.LabelCapacityType], "label"
	if kind == "" {
		kind, by = d.pod.Annotations[v1alpha1.LabelCapacityType], "annotation"
	}
	switch {
	case kind == "":
	case !capacityTypes[kind]:
		d.warn("%s %s=%q has no effect: want %s or %s", by, v1alpha1.LabelCapacityType, kind, cloud.CapacityOnDemand, cloud.CapacitySpot)
	case !d.choose(v1alpha1.LabelCapacityType, kind):
		d.warn("%s %s=%s contradicts the pod's own choice of nodes by that label, which is kept", by, v1alpha1.LabelCapacityType, kind)
	}
}

func byRules(d *draft, wishes *Wishes) {
	for i := range wishes.Rules {
		rule := &wishes.Rules[i]
		for _, key := range sortedKeys(rule.NodeSelector) {
			d.choose(key, rule.NodeSelector[key])
		}
		for _, toleration := range rule.Tolerations {
			d.tolerate(toleration)
		}
	}
}

// toScheduler cannot tell a pod whose author wrote default-scheduler from one whose author wrote nothing: the API server has filled
// that in before we are asked.
func toScheduler(d *draft, wishes *Wishes) {
	name := d.pod.Spec.SchedulerName
	if wishes.SchedulerName != "" && wishes.SchedulerName != corev1.DefaultSchedulerName && (name == "" || name == corev1.DefaultSchedulerName) {
		d.added.SchedulerName = wishes.SchedulerName
	}
}
