package vpsie

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	v1alpha1 "github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// tagList is the tags of a machine as VPSie keeps them: plain texts, listed bare or as objects with a name.
type tagList struct {
	texts []string
	known bool // false when VPSie did not tell
}

// UnmarshalJSON implements json.Unmarshaler. A shape that it does not know is no list, and no error.
func (l *tagList) UnmarshalJSON(raw []byte) error {
	var rows []tagName
	known := json.Unmarshal(raw, &rows) == nil && rows != nil
	*l = tagList{known: known}
	for _, row := range rows {
		l.known = l.known && row != ""
		l.texts = append(l.texts, string(row))
	}
	return nil
}

// tagName is one tag in a list; empty when its shape is not known.
type tagName string

// UnmarshalJSON implements json.Unmarshaler.
func (n *tagName) UnmarshalJSON(raw []byte) error {
	var bare string
	var named struct {
		Name string `json:"name"`
	}
	switch {
	case json.Unmarshal(raw, &bare) == nil:
		*n = tagName(bare)
	case json.Unmarshal(raw, &named) == nil:
		*n = tagName(named.Name)
	default:
		*n = ""
	}
	return nil
}

// pairs are the tags of the form key=value; nil when VPSie did not tell. Others were made by people and are left out.
func (l tagList) pairs() map[string]string {
	if !l.known {
		return nil
	}
	found := map[string]string{}
	for _, text := range l.texts {
		if key, value, ok := strings.Cut(text, "="); ok {
			found[key] = value
		}
	}
	return found
}

// tagTexts writes tags as VPSie keeps them.
func tagTexts(tags map[string]string) []string {
	texts := make([]string, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		texts = append(texts, key+"="+tags[key])
	}
	return texts
}

// retag is what the tags of a machine should be: those that are wanted, and of those that it has the ones that are nobody's to take
// off. The autoscaler may take off its own, an old value of a wanted one, and what the caller has put on before.
func retag(present []string, before, wanted map[string]string) []string {
	target := tagTexts(wanted)
	for _, text := range present {
		key, _, isPair := strings.Cut(text, "=")
		_, isWanted := wanted[key]
		_, wasPut := before[key]
		if !isPair || !isWanted && !wasPut && !strings.HasPrefix(key, v1alpha1.KeyPrefix) {
			target = append(target, text)
		}
	}
	slices.Sort(target)
	return slices.Compact(target)
}

// sameTags reports whether two lists hold the same tags, in whatever order.
func sameTags(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
