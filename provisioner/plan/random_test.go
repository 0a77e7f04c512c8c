package plan_test

import (
	"fmt"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// randomSnapshot draws a small cluster in which every rule has a fair chance to matter.
func randomSnapshot(seed uint64) *plan.Snapshot {
	r := random{rand.New(rand.NewPCG(seed, 1))}
	s := &plan.Snapshot{}
	for i := range r.IntN(4) {
		s.Groups = append(s.Groups, r.group(i))
	}
	for i := range r.IntN(7) {
		s.Offerings = append(s.Offerings, r.offering(i))
	}
	for i := range r.IntN(4) {
		s.Nodes = append(s.Nodes, r.node(i))
	}
	for i := range r.IntN(3) {
		s.Daemons = append(s.Daemons, r.pod(fmt.Sprintf("daemon%d", i), 500))
	}
	for i := range r.IntN(30) {
		p := r.pod(fmt.Sprintf("pod%02d", i), 6000)
		if r.one(15) {
			p.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: "claim"}}
		}
		s.Pods = append(s.Pods, p)
		for copies := r.IntN(4); copies > 1; copies-- { // twins, so that classes have more than one pod
			twin := p.DeepCopy()
			twin.Name = fmt.Sprintf("%s-%d", p.Name, copies)
			s.Pods = append(s.Pods, twin)
		}
	}
	if r.one(4) {
		s.Limits.MaxNewNodes = 1 + r.IntN(4)
	}
	return s
}

type random struct{ *rand.Rand }

func (r random) one(in int) bool { return r.IntN(in) == 0 }

func (r random) labels() map[string]string {
	labels := map[string]string{}
	for _, key := range []string{"disk", "zone"} {
		if r.one(2) {
			labels[key] = fmt.Sprint(r.IntN(3))
		}
	}
	return labels
}

func (r random) taints() []corev1.Taint {
	effects := []corev1.TaintEffect{corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute, corev1.TaintEffectPreferNoSchedule}
	var taints []corev1.Taint
	for r.one(4) {
		taints = append(taints, corev1.Taint{Key: fmt.Sprint("t", r.IntN(2)), Value: fmt.Sprint(r.IntN(2)), Effect: effects[r.IntN(3)]})
	}
	return taints
}

// amounts are for a machine; some have devices and few pod slots.
func (r random) amounts() corev1.ResourceList {
	list := resources("cpu", fmt.Sprint(1+r.IntN(12)), "memory", fmt.Sprintf("%dGi", 1+r.IntN(32)), "pods", fmt.Sprint(2+r.IntN(20)))
	if r.one(3) {
		list["example.com/gpu"] = resources("g", "2")["g"]
	}
	return list
}

func (r random) group(i int) plan.Group {
	g := plan.Group{Key: fmt.Sprint("default/g", i), Max: 1 + r.IntN(6), ScaleUp: !r.one(5), DatacenterID: fmt.Sprint("dc", r.IntN(5)/4)}
	g.Nodes = r.IntN(g.Max + 1)
	g.Desired = r.IntN(g.Max + 1)
	g.Labels, g.Taints = r.labels(), r.taints()
	for i := range 7 {
		if r.one(3) {
			g.OfferingIDs = append(g.OfferingIDs, fmt.Sprint("o", i))
		}
	}
	return g
}

func (r random) offering(i int) plan.Offering {
	return plan.Offering{ID: fmt.Sprint("o", i), DatacenterID: fmt.Sprint("dc", r.IntN(5)/4), Labels: r.labels(),
		Allocatable: r.amounts(), Price: cents(int64(r.IntN(8))), SoldOut: r.one(5)}
}

func (r random) node(i int) plan.Node {
	n := plan.Node{Name: fmt.Sprint("n", i), Labels: r.labels(), Taints: r.taints(), Allocatable: r.amounts(), Unschedulable: r.one(6), InFlight: r.one(3)}
	for j := range r.IntN(4) {
		n.Pods = append(n.Pods, r.pod(fmt.Sprint("running", j), 3000))
	}
	return n
}

func (r random) pod(name string, maxMilli int) *corev1.Pod {
	requests := resources("cpu", fmt.Sprintf("%dm", r.IntN(maxMilli)), "memory", fmt.Sprintf("%dMi", r.IntN(2*maxMilli)))
	if r.one(10) {
		requests["example.com/gpu"] = resources("g", "1")["g"]
	}
	p := pod(name, requests)
	if r.one(8) {
		p.Spec.InitContainers = []corev1.Container{{Name: "i", Resources: corev1.ResourceRequirements{Requests: resources("cpu", "2")}}}
	}
	if r.one(8) {
		p.Spec.Overhead = resources("memory", "100Mi")
	}
	if r.one(4) {
		p.Spec.NodeSelector = map[string]string{"disk": fmt.Sprint(r.IntN(3))}
	}
	for r.one(3) {
		p.Spec.Tolerations = append(p.Spec.Tolerations, r.toleration())
	}
	if r.one(4) {
		requiring(r.term(), r.term())(p)
	}
	return p
}

func (r random) toleration() corev1.Toleration {
	t := corev1.Toleration{Key: fmt.Sprint("t", r.IntN(2)), Operator: corev1.TolerationOpEqual, Value: fmt.Sprint(r.IntN(2))}
	if r.one(2) {
		t.Operator, t.Value = corev1.TolerationOpExists, ""
	}
	if r.one(4) {
		t.Key, t.Operator, t.Value = "", corev1.TolerationOpExists, ""
	}
	if r.one(3) {
		t.Effect = corev1.TaintEffectNoSchedule
	}
	return t
}

func (r random) term() corev1.NodeSelectorTerm {
	key := []string{"disk", "zone", corev1.LabelHostname}[r.IntN(3)]
	switch r.IntN(6) {
	case 0:
		return label(key, corev1.NodeSelectorOpExists)
	case 1:
		return label(key, corev1.NodeSelectorOpDoesNotExist)
	case 2:
		return label("disk", corev1.NodeSelectorOpGt, "0")
	case 3:
		return label("disk", corev1.NodeSelectorOpLt, "2")
	case 4:
		return label(key, corev1.NodeSelectorOpNotIn, "0", "1")
	default:
		return label(key, corev1.NodeSelectorOpIn, "0", "1")
	}
}
