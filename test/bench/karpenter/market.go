package karpenter

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	karpenterv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"

	"github.com/vpsie/vpsie-autoscaler/test/bench/scenarios"
)

// permissive is the pool from which everything may be bought.
func permissive() *karpenterv1.NodePool {
	pool := &karpenterv1.NodePool{ObjectMeta: metav1.ObjectMeta{Name: "pool", UID: "pool"}}
	pool.Spec.Limits = karpenterv1.Limits{
		corev1.ResourceCPU: resource.MustParse("10000000"), corev1.ResourceMemory: resource.MustParse("10000000Gi"),
	}
	pool.Spec.Template.Spec.NodeClassRef = &karpenterv1.NodeClassReference{Group: "bench.vpsie.com", Kind: "NodeClass", Name: "default"}
	pool.StatusConditions().SetTrue(karpenterv1.ConditionTypeValidationSucceeded)
	pool.StatusConditions().SetTrue(karpenterv1.ConditionTypeNodeClassReady)
	return pool
}

// market is the catalogue in Karpenter's terms.
type market struct {
	types []*cloudprovider.InstanceType
	// ids are the scenario's offerings by plan and zone.
	ids map[[2]string]string
}

// newMarket makes an instance type of each plan of the scenario; its offerings are the zones in which the plan is sold.
func newMarket(offerings []scenarios.Offering) *market {
	m := &market{ids: map[[2]string]string{}}
	plans := map[string]*cloudprovider.InstanceType{}
	for i := range offerings {
		o := &offerings[i]
		m.ids[[2]string{o.Plan, o.Labels[corev1.LabelTopologyZone]}] = o.ID
		if plans[o.Plan] == nil {
			plans[o.Plan] = instanceType(o)
			m.types = append(m.types, plans[o.Plan])
		}
		plans[o.Plan].Offerings = append(plans[o.Plan].Offerings, &cloudprovider.Offering{
			Available: true, Price: o.PriceHourly,
			Requirements: scheduling.NewLabelRequirements(map[string]string{
				karpenterv1.CapacityTypeLabelKey: karpenterv1.CapacityTypeOnDemand,
				corev1.LabelTopologyZone:         o.Labels[corev1.LabelTopologyZone],
			}),
		})
	}
	for _, t := range m.types {
		t.Requirements.Add(in(corev1.LabelTopologyZone, zones(t)...))
	}
	return m
}

func instanceType(o *scenarios.Offering) *cloudprovider.InstanceType {
	return &cloudprovider.InstanceType{
		Name: o.Plan,
		Requirements: scheduling.NewRequirements(
			in(corev1.LabelInstanceTypeStable, o.Plan),
			in(corev1.LabelArchStable, o.Labels[corev1.LabelArchStable]),
			in(corev1.LabelOSStable, string(corev1.Linux)),
			in(karpenterv1.CapacityTypeLabelKey, karpenterv1.CapacityTypeOnDemand),
		),
		Capacity: resources(o.MilliCPU, o.MemoryMiB, o.Pods),
		Overhead: &cloudprovider.InstanceTypeOverhead{KubeReserved: resources(o.Overhead.MilliCPU, o.Overhead.MemoryMiB, o.Overhead.Pods)},
	}
}

func in(key string, values ...string) *scheduling.Requirement {
	return scheduling.NewRequirement(key, corev1.NodeSelectorOpIn, values...)
}

func zones(t *cloudprovider.InstanceType) []string {
	var names []string
	for _, o := range t.Offerings {
		names = append(names, o.Zone())
	}
	slices.Sort(names)
	return names
}

func resources(milliCPU, mib, pods int64) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(milliCPU, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(mib<<20, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(pods, resource.DecimalSI),
	}
}
