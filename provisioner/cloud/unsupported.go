package cloud

import "github.com/vpsie/vpsie-autoscaler/api/v1alpha1"

// Unsupported are the fields that a group sets and that a provider with these capabilities cannot honour. Without them machines
// would be bought that are not what was asked for.
func Unsupported(spec *v1alpha1.NodeGroupSpec, has Capabilities) []string {
	var fields []string
	for _, field := range []struct {
		name  string
		set   bool
		needs Capability
	}{
		{"spec.osImageID", spec.OSImageID != "", CapabilityImage},
		{"spec.cloudInitTemplate", spec.CloudInitTemplate != "", CapabilityUserData},
		{"spec.cloudInitTemplateRef", spec.CloudInitTemplateRef != nil, CapabilityUserData},
		{"spec.cloudInitVariables", len(spec.CloudInitVariables) > 0, CapabilityUserData},
		// Public keys reach a machine with its user data.
		{"spec.sshPublicKeys", len(spec.SSHPublicKeys) > 0, CapabilityUserData},
		{"spec.sshKeySecretRef", spec.SSHKeySecretRef != nil, CapabilityUserData},
		{"spec.sshKeyIds", len(spec.SSHKeyIDs) > 0, CapabilitySSHKeys},
		{"spec.tags", len(spec.Tags) > 0, CapabilityTags},
	} {
		if field.set && !has.Has(field.needs) {
			fields = append(fields, field.name)
		}
	}
	return fields
}
