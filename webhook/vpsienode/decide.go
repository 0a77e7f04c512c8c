// Package vpsienode guards VPSieNodes, each of which is a machine that is paid for: those that people write by hand, and the
// ends of those that run workloads.
package vpsienode

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
)

// Surroundings are what a new VPSieNode is compared with.
type Surroundings struct {
	// Group is its NodeGroup; nil if there is none.
	Group *v1alpha1.NodeGroup
	// Groups are the names of those in its namespace.
	Groups []string
	// Nodes is how many VPSieNodes the group has, without those that are being removed.
	Nodes int
	// Market is what the cloud sells, as it was last read; nil when that is not known.
	Market *market.Market
	// Made tells a name that the autoscaler makes for machines of this cluster from all others; nil when that is not known.
	Made func(name string) bool
}

// rule says what is wrong with a new VPSieNode.
type rule func(*v1alpha1.VPSieNode, *Surroundings) field.ErrorList

// rules are asked in this order, and all of them answer.
var rules = []rule{
	checkName,     // the machine could be told from those of others
	checkGroup,    // its group exists and stays
	checkOffering, // the group may buy it, and it is sold
}

// Decide returns what is wrong with a new VPSieNode, and warnings.
func Decide(node *v1alpha1.VPSieNode, s *Surroundings) (warnings []string, faults field.ErrorList) {
	for _, check := range rules {
		faults = append(faults, check(node, s)...)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	warnings = []string{"a machine is bought for this VPSieNode now: better scale the group, and the autoscaler makes VPSieNodes that fit: " + scale(node)}
	if most := int(s.Group.Spec.MaxNodes); s.Nodes >= most {
		warnings = append(warnings, fmt.Sprintf("NodeGroup %s has %d of at most %d nodes already", s.Group.Name, s.Nodes, most))
	}
	return warnings, nil
}

// scale is the command that has the autoscaler make a node.
func scale(node *v1alpha1.VPSieNode) string {
	return fmt.Sprintf("kubectl -n %s scale nodegroup %s --replicas=N", node.Namespace, node.Spec.NodeGroupName)
}

func checkName(node *v1alpha1.VPSieNode, s *Surroundings) field.ErrorList {
	if s.Made == nil || s.Made(node.Name) {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), node.Name,
		"it is no name that the autoscaler makes for machines of this cluster, so that the machine could not be told from those of others: use "+scale(node))}
}

func checkGroup(node *v1alpha1.VPSieNode, s *Surroundings) field.ErrorList {
	path, name := field.NewPath("spec", "nodeGroupName"), node.Spec.NodeGroupName
	switch {
	case s.Group == nil && len(s.Groups) == 0:
		return field.ErrorList{field.Invalid(path, name, fmt.Sprintf("namespace %s has no NodeGroup: create it first", node.Namespace))}
	case s.Group == nil:
		return field.ErrorList{field.Invalid(path, name, fmt.Sprintf("namespace %s has no such NodeGroup: create it first, or choose among %s",
			node.Namespace, few(s.Groups)))}
	case s.Group.DeletionTimestamp != nil:
		return field.ErrorList{field.Invalid(path, name, "the NodeGroup is being deleted: choose another one, or wait and create it anew")}
	}
	return nil
}

func checkOffering(node *v1alpha1.VPSieNode, s *Surroundings) (faults field.ErrorList) {
	if s.Group == nil {
		return nil
	}
	spec, of := field.NewPath("spec"), &s.Group.Spec
	if node.Spec.DatacenterID != of.DatacenterID {
		faults = append(faults, field.Invalid(spec.Child("datacenterID"), node.Spec.DatacenterID,
			fmt.Sprintf("NodeGroup %s is in data centre %s: use that", s.Group.Name, of.DatacenterID)))
	}
	path, id := spec.Child("offeringID"), node.Spec.OfferingID
	if len(of.OfferingIDs) > 0 && !slices.Contains(of.OfferingIDs, id) {
		return append(faults, field.Invalid(path, id, fmt.Sprintf("NodeGroup %s does not allow it: choose among %s", s.Group.Name, few(of.OfferingIDs))))
	}
	if s.Market == nil {
		return faults
	}
	if sold, known := s.Market.Sells(of.DatacenterID, id); known && !sold {
		faults = append(faults, field.Invalid(path, id, fmt.Sprintf("it is not sold in data centre %s: choose an offering that is", of.DatacenterID)))
	}
	return faults
}

// namesShown is how many names one message has.
const namesShown = 5

// few joins the first names of a list and tells how many more there are.
func few(names []string) string {
	if len(names) <= namesShown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:namesShown], ", "), len(names)-namesShown)
}
