package volumes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// affinity is a set of nodes. The zero value is every node.
type affinity struct {
	// selector is nil for every node and has no terms for none.
	selector *corev1.NodeSelector
	// host is the only value of kubernetes.io/hostname that can match, or "" when that is not known: a short cut for local volumes.
	host   string
	parsed *nodeaffinity.LazyErrorNodeSelector
}

// newAffinity is the set of nodes that can reach a volume. kube-scheduler compares a volume with the labels of a node and not with
// its name: fields match whatever they say, so long as they can be parsed.
func newAffinity(pv *corev1.PersistentVolume) affinity {
	if pv.Spec.NodeAffinity == nil || pv.Spec.NodeAffinity.Required == nil {
		return affinity{}
	}
	required := pv.Spec.NodeAffinity.Required
	if !slices.ContainsFunc(required.NodeSelectorTerms, func(t corev1.NodeSelectorTerm) bool { return len(t.MatchFields) > 0 }) {
		return affinity{selector: required}
	}
	var kept []corev1.NodeSelectorTerm
	for _, term := range required.NodeSelectorTerms {
		switch {
		case len(term.MatchFields) == 0:
			kept = append(kept, term)
		case !parses(corev1.NodeSelectorTerm{MatchFields: term.MatchFields}):
		case len(term.MatchExpressions) == 0:
			return affinity{}
		default:
			kept = append(kept, corev1.NodeSelectorTerm{MatchExpressions: term.MatchExpressions})
		}
	}
	return affinity{selector: &corev1.NodeSelector{NodeSelectorTerms: kept}}
}

// parse makes the affinity ready for matches. Terms that cannot be parsed, and those that say nothing, match no node and are left out.
func (a affinity) parse() affinity {
	if a.selector == nil {
		return a
	}
	isUseless := func(t corev1.NodeSelectorTerm) bool { return isEmpty(&t) || !parses(t) }
	if slices.ContainsFunc(a.selector.NodeSelectorTerms, isUseless) {
		kept := slices.DeleteFunc(slices.Clone(a.selector.NodeSelectorTerms), isUseless)
		a.selector = &corev1.NodeSelector{NodeSelectorTerms: kept}
	}
	a.parsed = nodeaffinity.NewLazyErrorNodeSelector(a.selector)
	if key, values := singleIn(a.selector.NodeSelectorTerms); key == corev1.LabelHostname && len(values) == 1 {
		a.host = values[0]
	}
	return a
}

// none reports whether no node can match. It is exact after parse, and otherwise false for terms that cannot be parsed.
func (a *affinity) none() bool {
	return a.selector != nil && !slices.ContainsFunc(a.selector.NodeSelectorTerms, func(t corev1.NodeSelectorTerm) bool { return !isEmpty(&t) })
}

// matches may be called after parse.
func (a *affinity) matches(node *corev1.Node) bool {
	if a.selector == nil {
		return true
	}
	if a.host != "" && node.Labels[corev1.LabelHostname] != a.host {
		return false
	}
	ok, err := a.parsed.Match(node)
	return ok && err == nil
}

// singleIn takes apart the most common affinity: a single expression that lists the values of one label.
func singleIn(terms []corev1.NodeSelectorTerm) (key string, values []string) {
	if len(terms) != 1 || len(terms[0].MatchFields) > 0 || len(terms[0].MatchExpressions) != 1 {
		return "", nil
	}
	e := &terms[0].MatchExpressions[0]
	if e.Operator != corev1.NodeSelectorOpIn {
		return "", nil
	}
	return e.Key, e.Values
}

// anyOf is the union of parsed affinities, or everywhere. Lists of values of the same label become one: without that, a thousand local
// volumes would be a thousand terms.
func anyOf(places []*affinity) (selector *corev1.NodeSelector, everywhere bool) {
	selector = &corev1.NodeSelector{}
	at := map[string]int{}
	for _, place := range places {
		if place.selector == nil {
			return nil, true
		}
		for i := range place.selector.NodeSelectorTerms {
			term := &place.selector.NodeSelectorTerms[i]
			key, values := singleIn(place.selector.NodeSelectorTerms[i : i+1])
			merged, known := at[key]
			switch {
			case key == "":
				if !slices.ContainsFunc(selector.NodeSelectorTerms, func(t corev1.NodeSelectorTerm) bool { return equalTerms(&t, term) }) {
					selector.NodeSelectorTerms = append(selector.NodeSelectorTerms, *term)
				}
			case known:
				e := &selector.NodeSelectorTerms[merged].MatchExpressions[0]
				e.Values = append(e.Values, values...)
			default:
				at[key] = len(selector.NodeSelectorTerms)
				selector.NodeSelectorTerms = append(selector.NodeSelectorTerms, corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{
					{Key: key, Operator: corev1.NodeSelectorOpIn, Values: slices.Clone(values)}}})
			}
		}
	}
	for _, merged := range at {
		e := &selector.NodeSelectorTerms[merged].MatchExpressions[0]
		slices.Sort(e.Values)
		e.Values = slices.Compact(e.Values)
	}
	return selector, false
}

func parses(term corev1.NodeSelectorTerm) bool {
	_, err := nodeaffinity.NewNodeSelector(&corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}})
	return err == nil
}

func isEmpty(term *corev1.NodeSelectorTerm) bool {
	return len(term.MatchExpressions) == 0 && len(term.MatchFields) == 0
}

func equalSelectors(a, b *corev1.NodeSelector) bool {
	return slices.EqualFunc(a.NodeSelectorTerms, b.NodeSelectorTerms, func(x, y corev1.NodeSelectorTerm) bool { return equalTerms(&x, &y) })
}

func equalTerms(a, b *corev1.NodeSelectorTerm) bool {
	return slices.EqualFunc(a.MatchExpressions, b.MatchExpressions, equalRequirements) &&
		slices.EqualFunc(a.MatchFields, b.MatchFields, equalRequirements)
}

func equalRequirements(a, b corev1.NodeSelectorRequirement) bool {
	return a.Key == b.Key && a.Operator == b.Operator && slices.Equal(a.Values, b.Values)
}
