package nodegroup

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
)

// Surroundings are what a group is compared with. What is missing in them is not compared.
type Surroundings struct {
	// Before is the group as it was; nil when it is new. What was there before and has become wrong is a warning and not a fault.
	Before *v1alpha1.NodeGroup
	// Market is what the cloud sells, as it was last read.
	Market *market.Market
	// MarketAwaited says that the market is missing only for now.
	MarketAwaited bool
	// Capabilities are those of the cloud; nil when they are not known.
	Capabilities cloud.Capabilities
	// Groups are all groups of the cluster; the group itself may be among them.
	Groups []v1alpha1.NodeGroup
	// Nodes is how many VPSieNodes the group has, without those that are being removed.
	Nodes int
	// Daemons are one pod for each DaemonSet.
	Daemons []*corev1.Pod
}

// comparison is one rule about a group and its surroundings.
type comparison func(*v1alpha1.NodeGroup, *Surroundings) (warnings []string, faults field.ErrorList)

// comparisons are the rules in the order of their answers.
var comparisons = []comparison{
	checkDatacenter,   // the data centre exists
	checkSold,         // its offerings are sold there
	checkRoom,         // the largest of them has room beside the DaemonSets
	checkCapabilities, // the cloud can do what the group asks for
	checkSurplus,      // the group may have the nodes that it has
	checkOverlap,      // no other group is for the same pods
}

// Compare returns what is wrong with a group in view of its surroundings, and warnings.
func Compare(group *v1alpha1.NodeGroup, s *Surroundings) (warnings []string, faults field.ErrorList) {
	for _, compare := range comparisons {
		doubtful, wrong := compare(group, s)
		warnings, faults = append(warnings, doubtful...), append(faults, wrong...)
	}
	return warnings, faults
}

func checkSurplus(group *v1alpha1.NodeGroup, s *Surroundings) ([]string, field.ErrorList) {
	most := int(group.Spec.MaxNodes)
	if s.Nodes <= most {
		return nil, nil
	}
	return []string{fmt.Sprintf("spec.maxNodes is %d, and the group has %d nodes: none is added until %d are gone", most, s.Nodes, s.Nodes-most+1)}, nil
}

// checkCapabilities agrees with the condition that the controller sets on a group that asks for too much.
func checkCapabilities(group *v1alpha1.NodeGroup, s *Surroundings) ([]string, field.ErrorList) {
	if s.Capabilities == nil {
		return nil, nil
	}
	lacking := cloud.Unsupported(&group.Spec, s.Capabilities)
	if len(lacking) == 0 {
		return nil, nil
	}
	return []string{fmt.Sprintf("machines are bought here in a way that leaves no room for %s: the group will not be Ready (%s)",
		strings.Join(lacking, ", "), v1alpha1.ReasonUnsupportedByProvider)}, nil
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

// before tells whether the group had an offering in its spec already.
func (s *Surroundings) before(offeringID string) bool {
	return s.Before != nil && (s.Before.Spec.PreferredOfferingID == offeringID || slices.Contains(s.Before.Spec.OfferingIDs, offeringID))
}
