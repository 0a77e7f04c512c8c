package cloud

import "slices"

// SetTags replaces the tags of the listed machine with the identifier, and reports false when there is none.
func (c *Cloud) SetTags(identifier string, tags []string) bool {
	return c.change(identifier, func(m *Machine) { m.Tags = slices.Clone(tags) })
}

// AddTags adds tags to the listed machine with the identifier, and reports false when there is none.
func (c *Cloud) AddTags(identifier string, tags []string) bool {
	return c.change(identifier, func(m *Machine) { m.Tags = union(m.Tags, tags) })
}

// AddSSHKey lets a key log in to the listed machine with the identifier, and reports false when there is none.
func (c *Cloud) AddSSHKey(identifier, key string) bool {
	return c.change(identifier, func(m *Machine) { m.SSHKeys = union(m.SSHKeys, []string{key}) })
}

// change edits a listed machine that was ordered as such. Slices must be replaced, not written to: copies share them.
func (c *Cloud) change(identifier string, edit func(*Machine)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(identifier)
	if r == nil || r.Managed() {
		return false
	}
	edit(&r.Machine)
	return true
}

// union is a new slice with what is in either, without what the second repeats.
func union(have, more []string) []string {
	all := slices.Clone(have)
	for _, item := range more {
		if !slices.Contains(all, item) {
			all = append(all, item)
		}
	}
	return all
}
