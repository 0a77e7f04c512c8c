package pod

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/canon"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/groups"
)

// sizing are the labels that name the size of a machine. A pod that speaks of none of them fits somewhere if it fits the largest sizes.
var sizing = map[string]bool{corev1.LabelInstanceTypeStable: true, v1alpha1.LabelOffering: true}

// market is what can be bought.
type market struct {
	// all has every offering of each group, largest only those that no other of the group surpasses.
	all, largest offers
	// unsorted says that the largest are not told from the others, so that all of them are in largest.
	unsorted bool
}

type offers struct {
	groups    []plan.Group
	offerings []plan.Offering
}

// newMarket calls learn with the labels of every node that could be bought.
func newMarket(stock *Stock, learn func(map[string]string)) market {
	m := market{}
	kinds := make([]string, len(stock.Offerings))
	for i := range stock.Offerings {
		offering := stock.Offerings[i]
		offering.SoldOut = false // it passes
		m.all.offerings = append(m.all.offerings, offering)
		kinds[i] = kindOf(offering.Labels)
	}
	keep := make([]bool, len(stock.Offerings))
	for i := range stock.Groups {
		group := groups.Of(&stock.Groups[i])
		sold := sells(&group, m.all.offerings)
		for _, o := range sold {
			labels := map[string]string{}
			maps.Copy(labels, m.all.offerings[o].Labels)
			maps.Copy(labels, group.Labels)
			learn(labels)
		}
		m.all.groups = append(m.all.groups, group)
		group.OfferingIDs = nil
		for _, o := range sold {
			if !surpassed(o, sold, m.all.offerings, kinds) {
				keep[o] = true
				group.OfferingIDs = append(group.OfferingIDs, m.all.offerings[o].ID)
			}
		}
		if len(sold) == 0 {
			group.OfferingIDs = m.all.groups[i].OfferingIDs
		}
		m.largest.groups = append(m.largest.groups, group)
	}
	for i, kept := range keep {
		if kept {
			m.largest.offerings = append(m.largest.offerings, m.all.offerings[i])
		}
	}
	if m.unsorted = unsorted(stock); m.unsorted {
		m.largest = m.all
	}
	return m
}

// unsorted tells whether more than its resources may depend on a machine's size: a DaemonSet that chooses by it leaves the room of its
// pod on others, and a group may give all its machines one label.
func unsorted(stock *Stock) bool {
	for i := range stock.Groups {
		for key := range stock.Groups[i].Spec.Labels {
			if sizing[key] {
				return true
			}
		}
	}
	return slices.ContainsFunc(stock.Daemons, func(pod *corev1.Pod) bool { return speaks(pod, sizing) })
}

// sells gives the indexes of the offerings that the group may buy.
func sells(group *plan.Group, offerings []plan.Offering) []int {
	var sold []int
	for i := range offerings {
		o := &offerings[i]
		if o.DatacenterID == group.DatacenterID && (len(group.OfferingIDs) == 0 || slices.Contains(group.OfferingIDs, o.ID)) {
			sold = append(sold, i)
		}
	}
	return sold
}

// kindOf is equal for offerings that differ in their size only.
func kindOf(labels map[string]string) string {
	rest := maps.Clone(labels)
	maps.DeleteFunc(rest, func(key, _ string) bool { return sizing[key] })
	return string(canon.Map(nil, rest))
}

// surpassed tells whether another of the offerings is of the same kind and at least as large in everything. Of equals the first stays.
func surpassed(o int, among []int, offerings []plan.Offering, kinds []string) bool {
	return slices.ContainsFunc(among, func(other int) bool {
		if other == o || kinds[other] != kinds[o] || !holds(offerings[other].Allocatable, offerings[o].Allocatable) {
			return false
		}
		return other < o || !holds(offerings[o].Allocatable, offerings[other].Allocatable)
	})
}

// holds tells whether a has at least as much of everything as b.
func holds(a, b corev1.ResourceList) bool {
	for name, want := range b {
		if have := a[name]; have.Cmp(want) < 0 {
			return false
		}
	}
	return true
}

// speaks tells whether one of the labels decides where the pod may run.
func speaks(pod *corev1.Pod, labels map[string]bool) bool {
	return slices.ContainsFunc(mentioned(pod), func(key string) bool { return labels[key] })
}

// ofSize are the offers whose size the pod asks for by its name, or nil when it speaks of no size or of none that is sold.
func (m *market) ofSize(pod *corev1.Pod) *offers {
	if m.unsorted || !speaks(pod, sizing) {
		return nil
	}
	alternatives := [][]requirement{selectorRequirements(pod)}
	if terms := requiredTerms(pod); len(terms) > 0 {
		alternatives = nil
		for i := range terms {
			alternatives = append(alternatives, append(termRequirements(&terms[i], nil), selectorRequirements(pod)...))
		}
	}
	sized := &offers{groups: m.all.groups}
	for i := range m.all.offerings {
		labels := m.all.offerings[i].Labels
		rejects := func(r requirement) bool {
			value, present := labels[r.key]
			return sizing[r.key] && !r.admits(value, present)
		}
		if slices.ContainsFunc(alternatives, func(list []requirement) bool { return !slices.ContainsFunc(list, rejects) }) {
			sized.offerings = append(sized.offerings, m.all.offerings[i])
		}
	}
	if len(sized.offerings) == 0 {
		return nil
	}
	return sized
}
