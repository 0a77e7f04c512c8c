package topology

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/canon"
)

// Profile is the index of a profile of a Table: all that the rules know of a pod. Pods with the same one are the same to every rule.
// Plain is that of a pod which no rule knows.
type Profile int

// Plain is the profile of pods that may go anywhere and that nobody counts.
const Plain Profile = 0

// profile is what the rules know of a pod.
type profile struct {
	spreads []spreadUse
	avoids  []int // antis that the pod has: it stays away from pods they speak of
	near    int   // the near that the pod has, or -1
	first   bool  // whether that near speaks of the pod itself, so that it may be the first
	tokens  []int
	matched
}

// spreadUse is one hard spread constraint.
type spreadUse struct {
	spread     int
	maxSkew    int32
	minDomains int
	self       int32 // 1 where the pod counts itself
}

// matched is who counts a pod, which depends on its namespace and labels only.
type matched struct {
	spreads []int // spreads that count it
	avoided []int // antis that speak of it: it stays away from pods that have them
	nears   []int // nears that speak of it
}

// Profile gives the profile of a waiting pod that has been added in the same way.
func (t *Table) Profile(pod, was *corev1.Pod, exclusive []Token) Profile {
	if len(t.profiles) == 0 {
		t.profiles = append(t.profiles, profile{near: -1})
		t.profileIndex[string(t.profiles[0].key(nil))] = 0
	}
	if t.Empty() {
		return Plain
	}
	p := profile{near: -1, matched: t.match(pod)}
	for i := range pod.Spec.TopologySpreadConstraints {
		if c := &pod.Spec.TopologySpreadConstraints[i]; hard(c) {
			p.spreads = append(p.spreads, t.spreadUse(pod, was, i, c))
		}
	}
	terms := requiredAntiAffinity(pod)
	for i := range terms {
		p.avoids = append(p.avoids, t.anti(pod, &terms[i]))
	}
	if terms := requiredAffinity(pod); len(terms) > 0 {
		p.near = t.near(pod, terms)
		p.first = slices.Contains(p.nears, p.near)
	}
	eachHostPort(pod, func(port Token) { p.tokens = append(p.tokens, t.token(port)) })
	for _, token := range exclusive {
		p.tokens = append(p.tokens, t.token(token))
	}
	return t.intern(&p)
}

func (t *Table) spreadUse(pod, was *corev1.Pod, constraint int, c *corev1.TopologySpreadConstraint) spreadUse {
	use := spreadUse{spread: t.spread(pod, was, constraint), maxSkew: c.MaxSkew, minDomains: 1}
	if c.MinDomains != nil {
		use.minDomains = int(*c.MinDomains)
	}
	if t.spreads[use.spread].selector.Matches(labels.Set(pod.Labels)) {
		use.self = 1
	}
	return use
}

func (t *Table) intern(p *profile) Profile {
	t.scratch = p.key(t.scratch[:0])
	if at, ok := t.profileIndex[string(t.scratch)]; ok {
		return Profile(at)
	}
	at := len(t.profiles)
	t.profileIndex[string(t.scratch)] = at
	t.profiles = append(t.profiles, *p)
	return Profile(at)
}

func (p *profile) key(key []byte) []byte {
	for _, use := range p.spreads {
		key = appendInts(key, []int{use.spread, int(use.maxSkew), use.minDomains, int(use.self)})
	}
	slices.Sort(p.avoids)
	slices.Sort(p.tokens)
	for _, list := range [][]int{p.avoids, {p.near}, p.tokens, p.matched.spreads, p.avoided, p.nears} {
		key = append(appendInts(key, list), '|')
	}
	return key
}

func appendInts(key []byte, list []int) []byte {
	for _, n := range list {
		key = append(strconv.AppendInt(key, int64(n), 10), ',')
	}
	return key
}

// match finds the rules that speak of a pod. The result is remembered by namespace and labels.
func (t *Table) match(pod *corev1.Pod) matched {
	t.scratch = canon.Map(canon.Text(t.scratch[:0], pod.Namespace), pod.Labels)
	if known, ok := t.matched[string(t.scratch)]; ok {
		return known
	}
	key := string(t.scratch)
	found := t.matches(pod.Namespace, pod.Labels)
	t.matched[key] = found
	return found
}

func (t *Table) matches(namespace string, podLabels labels.Set) matched {
	var m matched
	for i := range t.spreads {
		if t.spreads[i].counts(namespace, podLabels) {
			m.spreads = append(m.spreads, i)
		}
	}
	for i := range t.antis {
		if t.antis[i].matches(t, namespace, podLabels) {
			m.avoided = append(m.avoided, i)
		}
	}
	for i := range t.nears {
		if t.nears[i].speaksOf(t, namespace, podLabels) {
			m.nears = append(m.nears, i)
		}
	}
	return m
}
