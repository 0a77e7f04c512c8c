package pod

import (
	"math"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// contradictions finds requirements that exclude each other, whatever nodes there are.
func contradictions(pod *corev1.Pod, _ *Supply) []Finding {
	return append(nodeContradictions(pod), neighbourContradictions(pod)...)
}

// nodeContradictions reports the first term of the node affinity when no term can match together with the node selector.
func nodeContradictions(pod *corev1.Pod) []Finding {
	terms := requiredTerms(pod)
	selector := selectorRequirements(pod)
	var first []Finding
	for i := range terms {
		path := termsPath.Index(i)
		own := termRequirements(&terms[i], path)
		clash := excluding(append(own, selector...))
		switch {
		case len(own) == 0:
			clash = []requirement{{path: path}}
		case clash == nil:
			return nil
		}
		if first == nil {
			first = []Finding{contradiction(path, own, clash)}
		}
	}
	return first
}

func contradiction(term *field.Path, own, clash []requirement) Finding {
	f := Finding{Reason: ReasonContradiction, Field: clash[0].path}
	if len(own) == 0 {
		f.Field, f.Message = term, "an empty term matches no node: give it an expression or remove it"
		return f
	}
	texts := make([]string, len(clash))
	for i, r := range clash {
		texts[i] = r.String()
		if strings.HasPrefix(r.path.String(), selectorPath.String()) {
			texts[i] += " of spec.nodeSelector"
		}
	}
	f.Value = texts[0]
	if len(clash) == 1 {
		f.Message = "can be met by no node: change or remove it"
		return f
	}
	f.Message = "excludes " + strings.Join(texts[1:min(len(texts), 1+namesShown)], " and ") + ": no node can have both, remove one"
	return f
}

// excluding gives the requirements on the first key whose requirements no node can meet together, or nil.
func excluding(list []requirement) []requirement {
	byKey := map[string][]requirement{}
	for _, r := range list {
		byKey[r.key] = append(byKey[r.key], r)
	}
	for _, r := range list {
		same := byKey[r.key]
		if feasible(same) {
			continue
		}
		for i := range same {
			for j := i + 1; j < len(same); j++ {
				if pair := []requirement{same[i], same[j]}; !feasible(pair) && feasible(pair[:1]) && feasible(pair[1:]) {
					return pair
				}
			}
			if alone := same[i : i+1]; !feasible(alone) {
				return alone
			}
		}
		return same
	}
	return nil
}

// feasible tells whether any value of one label, or its absence, meets all the requirements on it.
func feasible(same []requirement) bool {
	try := func(value string, present bool) bool {
		for _, r := range same {
			if !r.admits(value, present) {
				return false
			}
		}
		return true
	}
	if try("", false) {
		return true
	}
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	excluded, numeric := 0, false
	for _, r := range same {
		limit, ok := r.limit()
		switch r.op {
		case corev1.NodeSelectorOpIn:
			for _, value := range r.values {
				if try(value, true) {
					return true
				}
			}
			return false
		case corev1.NodeSelectorOpDoesNotExist:
			return false
		case corev1.NodeSelectorOpGt:
			if !ok || limit == math.MaxInt64 {
				return false
			}
			low, numeric = max(low, limit+1), true
		case corev1.NodeSelectorOpLt:
			if !ok || limit == math.MinInt64 {
				return false
			}
			high, numeric = min(high, limit-1), true
		case corev1.NodeSelectorOpNotIn:
			excluded += len(r.values)
		}
	}
	if !numeric {
		return true // all but a few of endlessly many values will do
	}
	for tries := 0; low <= high && tries <= excluded; low, tries = low+1, tries+1 {
		if try(strconv.FormatInt(low, 10), true) {
			return true
		}
		if low == math.MaxInt64 {
			break
		}
	}
	return false
}

// neighbourContradictions finds pods that want to be near and away from the same pods, in the same topology.
func neighbourContradictions(pod *corev1.Pod) []Finding {
	a := pod.Spec.Affinity
	if a == nil || a.PodAffinity == nil || a.PodAntiAffinity == nil {
		return nil
	}
	away := a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	for i := range away {
		for j := range a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
			if equality.Semantic.DeepEqual(away[i], a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[j]) {
				return []Finding{{
					Reason: ReasonContradiction, Field: antiAffinityPath.Index(i), Value: away[i].TopologyKey,
					Message: "spec.affinity.podAffinity asks for the same pods in the same topology: no node can satisfy both, remove one",
				}}
			}
		}
	}
	return nil
}
