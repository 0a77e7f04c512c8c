package nodegroup

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/cloudinit"
)

// checkInputs checks what the group gives the first-boot documents of its machines, but for a template, which rehearse checks.
func checkInputs(spec *v1alpha1.NodeGroupSpec, path *field.Path) field.ErrorList {
	var faults field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(spec.CloudInitVariables)) {
		if cloudinit.Fixed(name) {
			faults = append(faults, field.Invalid(path.Child("cloudInitVariables").Key(name), field.OmitValueType{}, name+" is set by the autoscaler: choose another name"))
		}
	}
	if reference := spec.CloudInitTemplateRef; reference != nil {
		at := path.Child("cloudInitTemplateRef")
		if spec.CloudInitTemplate != "" {
			faults = append(faults, field.Invalid(at, reference.Name, "cloudInitTemplate and cloudInitTemplateRef exclude each other: keep one"))
		}
		faults = append(faults, invalid(at.Child("name"), reference.Name, validation.IsDNS1123Subdomain(reference.Name))...)
		faults = append(faults, invalid(at.Child("key"), reference.Key, validation.IsConfigMapKey(reference.Key))...)
	}
	for i, line := range spec.SSHPublicKeys {
		if err := cloudinit.CheckKey(line); err != nil {
			faults = append(faults, field.Invalid(path.Child("sshPublicKeys").Index(i), field.OmitValueType{}, err.Error()))
		}
	}
	if reference := spec.SSHKeySecretRef; reference != nil {
		at := path.Child("sshKeySecretRef")
		faults = append(faults, invalid(at.Child("name"), reference.Name, validation.IsDNS1123Subdomain(reference.Name))...)
		for i, key := range reference.Keys {
			faults = append(faults, invalid(at.Child("keys").Index(i), key, validation.IsConfigMapKey(key))...)
		}
	}
	return faults
}

// rehearse renders a template as it will be rendered for a machine of the group, as far as that can be known now. An empty
// template is the default.
func rehearse(spec *v1alpha1.NodeGroupSpec, template string, path *field.Path) (warnings []string, faults field.ErrorList) {
	source := cloudinit.Source{Template: template, Variables: map[string]string{}}
	for name, value := range spec.CloudInitVariables {
		source.Variables[name] = string(value)
	}
	for _, line := range spec.SSHPublicKeys {
		if cloudinit.CheckKey(line) == nil {
			source.SSHPublicKeys = append(source.SSHPublicKeys, line)
		}
	}
	if spec.SSHKeySecretRef != nil { // which the webhook has no right to read
		source.SSHPublicKeys = append(source.SSHPublicKeys, cloudinit.SampleKey)
	}
	rehearsal, err := source.Rehearse()
	if err != nil {
		return nil, renderFaults(err, path)
	}
	return suspicions(rehearsal, path), nil
}

func renderFaults(err error, path *field.Path) field.ErrorList {
	var found cloudinit.Faults
	if !errors.As(err, &found) {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, err.Error())}
	}
	var faults field.ErrorList
	for _, fault := range found {
		faults = append(faults, field.Invalid(path, field.OmitValueType{}, fault.String()))
	}
	return faults
}

// suspicions warns of a template that renders well but perhaps does not do what is meant.
func suspicions(rehearsal cloudinit.Rehearsal, path *field.Path) []string {
	var warnings []string
	if !rehearsal.Joins {
		warnings = append(warnings, fmt.Sprintf("%s uses neither JoinToken nor JoinConfiguration: its machines may never join the cluster", path))
	}
	if rehearsal.KeysLost {
		warnings = append(warnings, fmt.Sprintf("%s makes no #cloud-config and does not use SSHPublicKeys: the public keys of the group reach no machine", path))
	}
	for _, name := range rehearsal.Unused {
		warnings = append(warnings, fmt.Sprintf("spec.cloudInitVariables[%s] is not used by the template", name))
	}
	return warnings
}
