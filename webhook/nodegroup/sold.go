package nodegroup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
)

// checkDatacenter also says when nothing is known of the market.
func checkDatacenter(group *v1alpha1.NodeGroup, s *Surroundings) ([]string, field.ErrorList) {
	id := group.Spec.DatacenterID
	if s.Market == nil {
		if s.MarketAwaited {
			return []string{"spec.datacenterID and spec.offeringIDs could not be checked: what the cloud sells is not known at the moment"}, nil
		}
		return nil, nil
	}
	if _, known := s.Market.Offerings[id]; s.Market.Has(id) {
		if !known {
			return []string{fmt.Sprintf("spec.offeringIDs could not be checked: what data centre %s sells is not known at the moment", id)}, nil
		}
		return nil, nil
	}
	path := field.NewPath("spec", "datacenterID")
	remedy := "there is no such data centre: choose among " + datacenters(s.Market)
	if s.Before != nil { // it cannot be changed
		return []string{fmt.Sprintf("%s %s: there is no such data centre any more: create another NodeGroup for another one", path, id)}, nil
	}
	return nil, field.ErrorList{field.Invalid(path, id, remedy)}
}

func datacenters(m *market.Market) string {
	names := make([]string, 0, len(m.Datacenters))
	for _, d := range m.Datacenters {
		names = append(names, named(d.ID, d.Name))
	}
	slices.Sort(names)
	return few(names)
}

// named is an identifier with the name that people know, if that is another one.
func named(id, name string) string {
	if name == "" || name == id {
		return id
	}
	return fmt.Sprintf("%s (%s)", id, name)
}

// checkSold refuses offerings that are new in the group and not sold in its data centre. One that went off sale later is a warning:
// the rest of the group must stay editable.
func checkSold(group *v1alpha1.NodeGroup, s *Surroundings) (warnings []string, faults field.ErrorList) {
	if s.Market == nil {
		return nil, nil
	}
	offerings, known := s.Market.Offerings[group.Spec.DatacenterID]
	if !known {
		return nil, nil
	}
	spec := field.NewPath("spec")
	check := func(id string, path *field.Path) {
		sold, _ := s.Market.Sells(group.Spec.DatacenterID, id)
		switch {
		case sold:
		case s.before(id):
			warnings = append(warnings, fmt.Sprintf("%s %s: %s", path, id, notSold(group, s.Market, id)))
		default:
			faults = append(faults, field.Invalid(path, id, notSold(group, s.Market, id)))
		}
	}
	for i, id := range group.Spec.OfferingIDs {
		check(id, spec.Child("offeringIDs").Index(i))
	}
	if preferred := group.Spec.PreferredOfferingID; preferred != "" && len(group.Spec.OfferingIDs) == 0 {
		check(preferred, spec.Child("preferredOfferingID"))
	}
	if len(offerings) == 0 && len(group.Spec.OfferingIDs) == 0 {
		warnings = append(warnings, fmt.Sprintf("spec.datacenterID %s: nothing is sold there at the moment", group.Spec.DatacenterID))
	}
	return warnings, faults
}

// notSold says what is sold instead, the cheapest first, or where the offering is.
func notSold(group *v1alpha1.NodeGroup, m *market.Market, id string) string {
	here := group.Spec.DatacenterID
	if elsewhere := m.SoldIn(id); len(elsewhere) > 0 {
		return fmt.Sprintf("it is not sold in data centre %s, but in %s: take it out, or create a NodeGroup there", here, few(elsewhere))
	}
	offerings := slices.Clone(m.Offerings[here])
	slices.SortFunc(offerings, func(a, b plan.Offering) int {
		return cmp.Or(cmp.Compare(a.Price, b.Price), strings.Compare(a.ID, b.ID))
	})
	names := make([]string, 0, len(offerings))
	for i := range offerings {
		names = append(names, named(offerings[i].ID, offerings[i].Name))
	}
	if len(names) == 0 {
		return fmt.Sprintf("nothing is sold in data centre %s at the moment", here)
	}
	return fmt.Sprintf("it is not sold in data centre %s: choose among %s", here, few(names))
}
