package snapshots

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// The words that machines and pods are described with. They are few, so that they meet often.
const (
	gpu    = corev1.ResourceName("example.com/gpu")
	disk   = "disk"
	level  = "level" // a number, for the operators Gt and Lt
	rack   = "example.com/rack"
	driver = "csi.example.com"
)

var zones = []string{"a", "b", "c"}

func quantity(format string, args ...any) resource.Quantity {
	return resource.MustParse(fmt.Sprintf(format, args...))
}

// machineLabels are those of the place where a machine stands. A rack has its zone in its name most of the time.
func (d *dice) machineLabels() map[string]string {
	labels := map[string]string{corev1.LabelArchStable: pick(d, "amd64", "amd64", "arm64")}
	if !d.one(6) {
		labels[corev1.LabelTopologyZone] = pick(d, zones...)
	}
	if d.one(3) {
		labels[rack] = fmt.Sprint(labels[corev1.LabelTopologyZone], d.IntN(2))
	}
	return labels
}

// ownLabels are those that somebody gave to machines.
func (d *dice) ownLabels() map[string]string {
	labels := map[string]string{}
	if d.one(2) {
		labels[disk] = pick(d, "ssd", "hdd")
	}
	if d.one(2) {
		labels[level] = fmt.Sprint(1 + d.IntN(4))
	}
	return labels
}

// taints has no two with one key and effect, which the API server refuses.
func (d *dice) taints() []corev1.Taint {
	var taints []corev1.Taint
	for d.one(5) {
		taint := corev1.Taint{Key: fmt.Sprint("t", d.IntN(2)), Value: fmt.Sprint("v", d.IntN(2)),
			Effect: pick(d, corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute, corev1.TaintEffectPreferNoSchedule)}
		if !slices.ContainsFunc(taints, func(have corev1.Taint) bool { return have.MatchTaint(&taint) }) {
			taints = append(taints, taint)
		}
	}
	return taints
}

// amounts are for a machine; some have devices, local storage and few pod slots.
func (d *dice) amounts() corev1.ResourceList {
	list := corev1.ResourceList{
		corev1.ResourceCPU:    quantity("%dm", 500+250*d.IntN(50)),
		corev1.ResourceMemory: quantity("%dMi", 1024+256*d.IntN(120)),
		corev1.ResourcePods:   quantity("%d", pick(d, 110, 20, 2+d.IntN(8))),
	}
	if !d.one(4) {
		list[corev1.ResourceEphemeralStorage] = quantity("%dGi", 1+d.IntN(40))
	}
	if d.one(4) {
		list[gpu] = quantity("%d", 1+d.IntN(4))
	}
	if d.one(8) {
		list["hugepages-2Mi"] = quantity("%dMi", 2*d.IntN(256))
	}
	return list
}

func (d *dice) group(i int) plan.Group {
	g := plan.Group{Key: fmt.Sprint("default/g", i), Max: 1 + d.IntN(12), ScaleUp: !d.one(6), DatacenterID: fmt.Sprint("dc", d.IntN(5)/4)}
	g.Nodes = d.IntN(1 + d.IntN(g.Max+1))
	if d.one(3) {
		g.Desired = d.IntN(g.Max + 1)
	}
	g.Labels, g.Taints = d.ownLabels(), d.taints()
	for i := range 8 {
		if d.one(4) {
			g.OfferingIDs = append(g.OfferingIDs, fmt.Sprint("o", i))
		}
	}
	g.AttachLimits = d.attachLimits()
	return g
}

// offering has a price that grows with the machine but far from evenly; some cost nothing.
func (d *dice) offering(i int) plan.Offering {
	o := plan.Offering{ID: fmt.Sprint("o", i), DatacenterID: fmt.Sprint("dc", d.IntN(5)/4), Labels: d.machineLabels(), Allocatable: d.amounts(),
		SoldOut: d.one(6)}
	o.Name = fmt.Sprint("offering ", i)
	o.Labels[corev1.LabelInstanceTypeStable] = fmt.Sprint("type", i)
	cpu := o.Allocatable[corev1.ResourceCPU]
	o.Price = money.PerHour(cpu.MilliValue() * int64(1+d.IntN(20)) * 1000)
	switch d.IntN(12) {
	case 0:
		o.Price = 0
	case 1, 2:
		o.Price = money.PerHour(10_000_000 * (1 + d.IntN(3))) // few values, so that prices are equal
	}
	return o
}

// node may promise less than its pods ask for, as nodes do whose pods have grown.
func (d *dice) node(i int) plan.Node {
	n := plan.Node{Name: fmt.Sprint("n", i), Labels: d.machineLabels(), Taints: d.taints(), Allocatable: d.amounts(),
		Unschedulable: d.one(7), InFlight: d.one(3), AttachLimits: d.attachLimits()}
	for key, value := range d.ownLabels() {
		n.Labels[key] = value
	}
	n.Labels[corev1.LabelHostname] = n.Name
	if n.Unschedulable { // the node controller writes the taint at once
		n.Taints = append(n.Taints, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
	}
	for j := range d.IntN(5) {
		if !n.InFlight || d.one(3) {
			n.Pods = append(n.Pods, d.running(fmt.Sprintf("%s-r%d", n.Name, j), n.Name))
		}
	}
	for _, daemon := range d.snapshot.Daemons {
		if d.one(3) {
			pod := daemon.DeepCopy()
			rename(pod, n.Name+"-"+daemon.Name)
			pod.Spec.NodeName, pod.Status.Phase = n.Name, corev1.PodRunning
			n.Pods = append(n.Pods, pod)
		}
	}
	return n
}
