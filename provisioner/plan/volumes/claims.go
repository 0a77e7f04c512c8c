package volumes

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// bindCompleted marks claims whose binding the volume controller has finished. A claim without it is not bound, even if it names
	// its volume.
	bindCompleted = "pv.kubernetes.io/bind-completed"
	// selectedNode names the node for which the scheduler has asked to provision a claim's volume.
	selectedNode = "volume.kubernetes.io/selected-node"
)

// claim reads one use of a claim. Claims of ephemeral volumes must belong to the pod, and VolumeZone and the rule of
// ReadWriteOncePod pass over them, as in kube-scheduler.
func (r *reading) claim(name string, ephemeral bool) {
	key := claimKey{namespace: r.pod.Namespace, name: name}
	pvc := r.catalog.claims[key]
	switch {
	case pvc == nil && ephemeral:
		r.fail(fmt.Sprintf("the claim %s of its ephemeral volume has not been created yet", key))
		return
	case pvc == nil:
		r.fail(fmt.Sprintf("the claim %s does not exist", key))
		return
	case ephemeral && !metav1.IsControlledBy(pvc, r.pod):
		r.fail(fmt.Sprintf("the claim %s has the name of its ephemeral volume's, but was not created for the pod", key))
		return
	}
	r.attach(r.catalog.claimAttachment(key, pvc))
	if !ephemeral && slices.Contains(pvc.Spec.AccessModes, corev1.ReadWriteOncePod) {
		r.demand.Exclusive = appendNew(r.demand.Exclusive, key.String())
	}
	switch {
	case pvc.Status.Phase == corev1.ClaimLost:
		r.fail(fmt.Sprintf("the claim %s has lost its volume %s", key, pvc.Spec.VolumeName))
	case pvc.DeletionTimestamp != nil:
		r.fail(fmt.Sprintf("the claim %s is being deleted", key))
	case pvc.Spec.VolumeName != "":
		r.bound(key, pvc, ephemeral)
	default:
		r.unbound(key, pvc)
	}
}

// bound reads a claim that names its volume.
func (r *reading) bound(key claimKey, pvc *corev1.PersistentVolumeClaim, ephemeral bool) {
	pv := r.catalog.volumes[pvc.Spec.VolumeName]
	switch {
	case !metav1.HasAnnotation(pvc.ObjectMeta, bindCompleted):
		r.fail(fmt.Sprintf("the claim %s asks for the volume %s and is not bound to it yet", key, pvc.Spec.VolumeName))
		return
	case pv == nil:
		r.fail(fmt.Sprintf("the volume %s of the claim %s does not exist", pvc.Spec.VolumeName, key))
		return
	}
	affinity := newAffinity(pv)
	switch {
	case affinity.none():
		r.fail(fmt.Sprintf("the node affinity of the volume %s matches no node", pv.Name))
	case affinity.selector != nil:
		r.require(affinity.selector)
	}
	if !ephemeral {
		r.zones(pv)
	}
}

// unbound reads a claim without a volume: only when its class waits for the first consumer may the pod's node be chosen before.
func (r *reading) unbound(key claimKey, pvc *corev1.PersistentVolumeClaim) {
	name := claimClass(pvc)
	sc := r.catalog.classes[name]
	switch {
	case name == "":
		r.fail(fmt.Sprintf("the claim %s is not bound to a volume, and has no storage class that would provide one", key))
	case sc == nil:
		r.fail(fmt.Sprintf("the storage class %s of the claim %s does not exist", name, key))
	case sc.VolumeBindingMode == nil || *sc.VolumeBindingMode != storagev1.VolumeBindingWaitForFirstConsumer:
		r.fail(fmt.Sprintf("the claim %s is not bound to a volume yet; its storage class %s does not wait for a node", key, name))
	default:
		r.demand.Unbound = appendNew(r.demand.Unbound, key.String())
		if node, ok := pvc.Annotations[selectedNode]; ok {
			r.provisioning(key, sc, node)
		} else {
			r.delayed(key, pvc, sc)
		}
	}
}

// provisioning reads a claim whose volume is being provisioned for a node that was chosen for one of its pods.
func (r *reading) provisioning(key claimKey, sc *class, node string) {
	if !sc.provision.possible {
		r.fail(fmt.Sprintf("a volume for the claim %s is awaited on node %s, but its storage class %s can provision none", key, node, sc.Name))
		return
	}
	r.require(&corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: []corev1.NodeSelectorRequirement{
		{Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{node}},
	}}}})
	if sc.provision.where.selector != nil {
		r.require(sc.provision.where.selector)
	}
}

// delayed reads a claim that will take a free volume where one fits, and get a new one elsewhere.
func (r *reading) delayed(key claimKey, pvc *corev1.PersistentVolumeClaim, sc *class) {
	static, err := r.catalog.static(key, pvc, sc)
	if err != nil {
		r.fail(fmt.Sprintf("the selector of the claim %s cannot be read: %v", key, err))
		return
	}
	var places []*affinity
	for _, s := range static.preferred() {
		places = append(places, &s.affinity)
	}
	if len(places) > 0 {
		r.demand.Static = append(r.demand.Static, static)
	}
	if sc.provision.possible {
		places = append(places, &sc.provision.where)
	}
	switch selector, everywhere := anyOf(places); {
	case everywhere:
	case len(selector.NodeSelectorTerms) == 0:
		r.fail(fmt.Sprintf("no volume fits the claim %s on any node, and its storage class %s can provision none", key, sc.Name))
	default:
		r.require(selector)
	}
}
