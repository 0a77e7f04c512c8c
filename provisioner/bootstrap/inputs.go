package bootstrap

import (
	"errors"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vpsie/vpsie-autoscaler/internal/cloudinit"
)

// Inputs are what a NodeGroup gives the documents of its machines.
type Inputs struct {
	// Template is a text/template; empty means the default. docs/cloud-init.md says what it may use.
	Template string
	// TemplateField is where the template came from, such as "spec.cloudInitTemplateRef". Errors name it.
	TemplateField string
	// Variables are what the template finds beside the machine's own.
	Variables map[string]string
	// SSHPublicKeys are lines of an authorized_keys file.
	SSHPublicKeys []string
}

// InvalidError says what is wrong with the inputs of a NodeGroup. Only a change of the NodeGroup, or of what it refers to, helps.
type InvalidError struct {
	// Faults each name the field, what is wrong and the remedy. They hold no value: it may be a secret.
	Faults field.ErrorList
}

// Error is all faults in one line.
func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Faults))
	for i, fault := range e.Faults {
		parts[i] = fault.Field + ": " + fault.Detail
	}
	return strings.Join(parts, "; ")
}

func (in Inputs) source() cloudinit.Source {
	return cloudinit.Source{Template: in.Template, Variables: in.Variables, SSHPublicKeys: in.SSHPublicKeys}
}

// invalid blames an error of rendering on the field that the template came from.
func (in Inputs) invalid(err error) *InvalidError {
	path := in.TemplateField
	if path == "" {
		path = "spec.cloudInitTemplate"
	}
	var faults cloudinit.Faults
	if !errors.As(err, &faults) {
		return &InvalidError{Faults: field.ErrorList{unusable(path, err.Error())}}
	}
	invalid := &InvalidError{}
	for _, fault := range faults {
		invalid.Faults = append(invalid.Faults, unusable(path, fault.String()))
	}
	return invalid
}

// unusable is a fault of a field whose value is not shown.
func unusable(path, detail string) *field.Error {
	return &field.Error{Type: field.ErrorTypeInvalid, Field: path, BadValue: field.OmitValueType{}, Detail: detail}
}
