package volumes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Demand is what a pod's volumes ask of a node. The zero value asks for nothing. Demands of running pods say what they occupy: for
// those only Attach, Exclusive and NodeExclusive matter.
type Demand struct {
	// Problem says, for people, why no node can help the pod as things are; it is empty when one can. The other fields are filled in
	// as far as they are known even then.
	Problem string
	// Terms must all match the node, each by at least one of its node selector terms. A term that cannot be parsed matches nothing. A
	// claim whose volume is being provisioned for a node asks for the node's name, so a node yet to be bought must bear a name that no
	// node has. The selectors belong to the catalog or to its objects and must not be changed.
	Terms []*corev1.NodeSelector
	// Static are the unbound claims that may take a volume which exists, the smallest first. For a single one whose volumes nobody
	// else wants, Terms says all there is to say; otherwise Bind must agree too.
	Static []Static
	// Unbound are the claims, as namespace/name, that the pod's node decides: once it is chosen, every other pod with the claim is tied
	// to that node until a volume is bound, and to the volume from then on.
	Unbound []string
	// Attach are the volumes that count against the attach limits of CSI drivers. Pods on one node that share a volume count it once.
	Attach []Attachment
	// Exclusive are the claims, as namespace/name, with access mode ReadWriteOncePod: one pod of the whole cluster may use each.
	Exclusive []string
	// NodeExclusive are disks that pods of one node cannot share freely: see Disk.Conflicts.
	NodeExclusive []Disk
}

// Attachment is a volume that a CSI driver attaches to the node.
type Attachment struct {
	Driver string
	// Handle tells the driver's volumes apart: the volume handle, or "claim:" and namespace/name while there is no volume.
	Handle string
}

// Simple reports whether nothing about the pod's volumes can matter to the choice of a node: they are all config maps, secrets, empty
// directories and the like. The demand of such a pod is zero.
func Simple(pod *corev1.Pod) bool {
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i].VolumeSource
		if v.PersistentVolumeClaim != nil || v.Ephemeral != nil || v.ISCSI != nil || v.RBD != nil || inTreeInline(v) {
			return false
		}
	}
	return true
}

// Demand says what the pod's volumes ask of a node. Lists follow the order of the pod's volumes and name nothing twice.
func (c *Catalog) Demand(pod *corev1.Pod) Demand {
	if Simple(pod) {
		return Demand{}
	}
	r := reading{catalog: c, pod: pod}
	for i := range pod.Spec.Volumes {
		r.volume(&pod.Spec.Volumes[i])
	}
	slices.SortStableFunc(r.demand.Static, func(a, b Static) int { return a.size.Cmp(b.size) })
	return r.demand
}

// reading is a demand while the pod's volumes are read.
type reading struct {
	catalog *Catalog
	pod     *corev1.Pod
	demand  Demand
}

func (r *reading) volume(v *corev1.Volume) {
	switch {
	case v.PersistentVolumeClaim != nil:
		r.claim(v.PersistentVolumeClaim.ClaimName, false)
	case v.Ephemeral != nil:
		r.claim(r.pod.Name+"-"+v.Name, true)
	default:
		r.attach(inlineAttachment(&v.VolumeSource))
	}
	r.disks(&v.VolumeSource)
}

// fail notes a problem. The first one stands.
func (r *reading) fail(problem string) {
	if r.demand.Problem == "" {
		r.demand.Problem = problem
	}
}

// require adds a selector unless an equal one is there.
func (r *reading) require(selector *corev1.NodeSelector) {
	if !slices.ContainsFunc(r.demand.Terms, func(t *corev1.NodeSelector) bool { return t == selector || equalSelectors(t, selector) }) {
		r.demand.Terms = append(r.demand.Terms, selector)
	}
}

// attach counts a volume once. The zero attachment, and one that lacks a part, is none.
func (r *reading) attach(a Attachment) {
	if a.Driver != "" && a.Handle != "" {
		r.demand.Attach = appendNew(r.demand.Attach, a)
	}
}

func appendNew[T comparable](list []T, value T) []T {
	if slices.Contains(list, value) {
		return list
	}
	return append(list, value)
}
