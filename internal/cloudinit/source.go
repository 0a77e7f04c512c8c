package cloudinit

import (
	_ "embed"
	"maps"
	"slices"
)

// defaultTemplate makes a machine join the cluster with kubeadm.
//
//go:embed default.yaml.tmpl
var defaultTemplate string

// Default is the template of NodeGroups that have none of their own.
func Default() string { return defaultTemplate }

// Source is what a user gives for the documents of a NodeGroup's machines. The zero value makes the default document.
type Source struct {
	// Template is a text/template; empty means Default.
	Template string
	// Variables are what the template finds beside the values of the machine. They win over those that are not Fixed.
	Variables map[string]string
	// SSHPublicKeys are lines of an authorized_keys file, as AuthorizedKeys returns them.
	SSHPublicKeys []string
}

// Render makes the document of a machine. values are by the names that Variables lists; SSHPublicKeys need not be among them.
// The error is Faults and may quote the values, also secret ones.
func (s Source) Render(values map[string]any) ([]byte, error) {
	template, err := parseText(s.text())
	if err != nil {
		return nil, err
	}
	return s.render(template, values)
}

// Rehearsal is what is known of a Source before there is a machine.
type Rehearsal struct {
	// Unused are the variables that the user gives and the template never reads, sorted.
	Unused []string
	// Joins is false when the template uses nothing by which a machine could join the cluster.
	Joins bool
	// KeysLost is true when there are public keys that reach no machine: they are put into a cloud-config document, and other
	// documents have to use the variable SSHPublicKeys.
	KeysLost bool
}

// Rehearse renders the document of a machine that does not exist. The error is Faults.
func (s Source) Rehearse() (Rehearsal, error) {
	template, err := parseText(s.text())
	if err != nil {
		return Rehearsal{}, err
	}
	document, err := s.render(template, samples())
	if err != nil {
		return Rehearsal{}, err
	}
	return Rehearsal{
		Unused:   s.unused(template),
		Joins:    template.uses("JoinToken") || template.uses("JoinConfiguration"),
		KeysLost: len(s.SSHPublicKeys) > 0 && !template.uses(keysVariable) && kindOf(document) != cloudConfig,
	}, nil
}

func (s Source) text() string {
	if s.Template == "" {
		return defaultTemplate
	}
	return s.Template
}

func (s Source) render(template *parsed, values map[string]any) ([]byte, error) {
	document, err := template.render(s.merge(values))
	if err != nil {
		return nil, err
	}
	if err := check(document); err != nil {
		return nil, err
	}
	return authorize(document, s.SSHPublicKeys)
}

// merge is what the template finds.
func (s Source) merge(values map[string]any) map[string]any {
	merged := maps.Clone(values)
	for name, value := range s.Variables {
		if !Fixed(name) {
			merged[name] = value
		}
	}
	merged[keysVariable] = slices.Clone(s.SSHPublicKeys)
	return merged
}

// unused are the user's variables that change nothing.
func (s Source) unused(template *parsed) []string {
	useful := maps.Clone(template.names)
	for _, variable := range variables {
		if useful[variable.Name] {
			for _, part := range variable.From {
				useful[part] = true
			}
		}
	}
	var unused []string
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		if !useful[name] {
			unused = append(unused, name)
		}
	}
	return unused
}
