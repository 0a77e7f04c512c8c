package provisioner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Verdict says whether a group can buy anything.
type Verdict struct {
	// Reason is one of the reasons of the NodeGroup's Ready condition, empty when all is well.
	Reason, Message string
}

// Judge says whether a group can buy anything at all, and if not, why.
func (m *Market) Judge(ctx context.Context, group *v1alpha1.NodeGroup) Verdict {
	if fields := cloud.Unsupported(&group.Spec, m.provider.Capabilities()); len(fields) > 0 {
		return Verdict{v1alpha1.ReasonUnsupportedByProvider, fmt.Sprintf("machines are bought in a way that leaves no room for %s: take that out of the NodeGroup, or change the controller's configuration", strings.Join(fields, ", "))}
	}
	listings, err := m.Listings(ctx, group.Spec.DatacenterID)
	switch {
	case errors.Is(err, cloud.ErrUnauthorized):
		return Verdict{v1alpha1.ReasonCredentialsRejected, "VPSie refuses the API token: put a valid one into the Secret or file that the controller reads"}
	case errors.Is(err, cloud.ErrNotFound):
		return Verdict{v1alpha1.ReasonUnknownDatacenter, fmt.Sprintf("spec.datacenterID %q is not a data centre of VPSie", group.Spec.DatacenterID)}
	case err != nil:
		return Verdict{v1alpha1.ReasonCloudUnavailable, err.Error()}
	}
	var unknown []string
	for _, id := range group.Spec.OfferingIDs {
		if !slices.ContainsFunc(listings, func(l Listing) bool { return l.Cloud.ID == id }) {
			unknown = append(unknown, id)
		}
	}
	switch {
	case len(listings) == 0:
		return Verdict{v1alpha1.ReasonNoOffering, fmt.Sprintf("data centre %s sells nothing", group.Spec.DatacenterID)}
	case len(unknown) > 0 && len(unknown) == len(group.Spec.OfferingIDs):
		return Verdict{v1alpha1.ReasonNoOffering, fmt.Sprintf("none of spec.offeringIDs is sold in data centre %s: %v", group.Spec.DatacenterID, unknown)}
	}
	return Verdict{}
}
