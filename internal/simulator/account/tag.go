package account

import "slices"

// Tag is the definition of a tag. It cannot be deleted.
type Tag struct {
	Identifier string
	Name       string
	Color      string
}

// defaultColor is that of a tag which was used before it was defined.
const defaultColor = "#808080"

// Tags returns all definitions, oldest first.
func (a *Account) Tags() []Tag {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.tags)
}

// Tag returns the definition with the identifier, and false when there is none.
func (a *Account) Tag(identifier string) (Tag, bool) {
	return pick(a.Tags(), func(t Tag) bool { return t.Identifier == identifier })
}

// DefineTag defines a tag, or gives the one with that name another colour. An empty colour leaves it as it is.
func (a *Account) DefineTag(name, color string) Tag {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := slices.IndexFunc(a.tags, func(t Tag) bool { return t.Name == name })
	if at < 0 {
		_, identifier := a.next()
		a.tags = append(a.tags, Tag{Identifier: identifier, Name: name, Color: defaultColor})
		at = len(a.tags) - 1
	}
	if color != "" {
		a.tags[at].Color = color
	}
	return a.tags[at]
}
