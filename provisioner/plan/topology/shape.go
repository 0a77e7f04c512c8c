package topology

import "slices"

// This file tells a packer, which knows nothing of domains, what it has to know of profiles.

// PerHost is the number of pods of a profile that one new host may hold at most, as long as some host has none; zero means any number.
func (t *Table) PerHost(p Profile) int {
	pod, most := &t.profiles[p], 0
	limit := func(n int) {
		if most == 0 || n < most {
			most = n
		}
	}
	for i := range pod.spreads {
		if use := &pod.spreads[i]; use.self > 0 && !t.wide(t.spreads[use.spread].key) {
			limit(int(use.maxSkew))
		}
	}
	for _, a := range pod.avoids {
		if !t.wide(t.antis[a].key) && slices.Contains(pod.avoided, a) {
			limit(1)
		}
	}
	for _, token := range pod.tokens {
		if t.tokens[token].conflicts(t.tokens[token]) {
			limit(1)
		}
	}
	return most
}

// Excludes tells whether pods of two profiles can never share a new host.
func (t *Table) Excludes(a, b Profile) bool {
	if a == Plain || b == Plain {
		return false
	}
	return t.Never(a, b) || t.fillsFor(&t.profiles[a], &t.profiles[b])
}

// Never is Excludes by the rules that hold whatever else is there: spread over hosts may let two share one when all hosts are full.
func (t *Table) Never(a, b Profile) bool {
	first, second := &t.profiles[a], &t.profiles[b]
	return t.avoidsOnHost(first, second) || t.avoidsOnHost(second, first) || t.sharesNoToken(first, second)
}

func (t *Table) avoidsOnHost(a, b *profile) bool {
	return slices.ContainsFunc(a.avoids, func(anti int) bool { return !t.wide(t.antis[anti].key) && slices.Contains(b.avoided, anti) })
}

func (t *Table) sharesNoToken(a, b *profile) bool {
	for _, first := range a.tokens {
		for _, second := range b.tokens {
			if t.tokens[first].Kind != ClusterVolume && t.tokens[first].conflicts(t.tokens[second]) {
				return true
			}
		}
	}
	return false
}

// fillsFor tells whether one pod of each would be one too many for a spread over hosts with a skew of one.
func (t *Table) fillsFor(a, b *profile) bool {
	for i := range a.spreads {
		use := &a.spreads[i]
		if use.self > 0 && use.maxSkew == 1 && !t.wide(t.spreads[use.spread].key) && slices.Contains(b.matched.spreads, use.spread) &&
			slices.ContainsFunc(b.spreads, func(other spreadUse) bool { return other.spread == use.spread }) {
			return true
		}
	}
	return false
}

// Group is the set of pods that have to share a host with each other and with nobody else, or -1.
func (t *Table) Group(p Profile) int {
	if pod := &t.profiles[p]; pod.near >= 0 && !t.Follows(p) && t.nears[pod.near].host {
		return pod.near
	}
	return -1
}

// Disturbs tells whether a pod of profile a can make the place of a pod of profile b impossible by coming after it.
func (t *Table) Disturbs(a, b Profile) bool {
	comes, stands := &t.profiles[a], &t.profiles[b]
	return stands.near >= 0 && slices.Contains(comes.nears, stands.near) ||
		slices.ContainsFunc(stands.spreads, func(use spreadUse) bool { return slices.Contains(comes.matched.spreads, use.spread) })
}

// Once tells whether only one pod of the profile can run in the whole cluster.
func (t *Table) Once(p Profile) bool {
	return slices.ContainsFunc(t.profiles[p].tokens, func(token int) bool { return t.tokens[token].Kind == ClusterVolume })
}

// Near tells whether pods of the profile have required affinity.
func (t *Table) Near(p Profile) bool { return t.profiles[p].near >= 0 }

// Follows tells whether pods of the profile have to be near pods of other profiles, so that those come first.
func (t *Table) Follows(p Profile) bool {
	pod := &t.profiles[p]
	return pod.near >= 0 && (t.outsiders()[pod.near] || !pod.first)
}

// outsiders tells for each near whether it speaks of waiting pods that do not have it themselves, and so may go anywhere.
func (t *Table) outsiders() []bool {
	if len(t.outside) == len(t.nears) {
		return t.outside
	}
	t.outside, t.depth = make([]bool, len(t.nears)), make([]int, len(t.nears))
	for range deepest {
		for i := range t.profiles {
			p := &t.profiles[i]
			for _, n := range p.nears {
				if p.near == n {
					continue
				}
				t.outside[n] = true
				if p.near >= 0 {
					t.depth[n] = max(t.depth[n], min(deepest, t.depth[p.near]+1))
				}
			}
		}
	}
	return t.outside
}

// deepest is how long a chain of pods that follow each other may be before their order no longer matters.
const deepest = 4

// Rank orders profiles so that pods come before those whose rules look at them: first those without such rules, then those that are
// spread, the more loosely the sooner, and last those that follow others.
func (t *Table) Rank(p Profile) int {
	const spread, following = 1 << 32, 1 << 40
	rank := 0
	for i := range t.profiles[p].spreads {
		rank = max(rank, spread-int(t.profiles[p].spreads[i].maxSkew))
	}
	if t.Follows(p) {
		rank += following * (1 + t.depth[t.profiles[p].near])
	}
	return rank
}

// Wide tells whether the choice of a zone or another wide domain matters for pods of the profile: to them, or to those who count them.
func (t *Table) Wide(p Profile) bool {
	pod := &t.profiles[p]
	for i := range pod.spreads {
		if t.wide(t.spreads[pod.spreads[i].spread].key) {
			return true
		}
	}
	wideSpread := func(s int) bool { return t.wide(t.spreads[s].key) }
	wideAnti := func(a int) bool { return t.wide(t.antis[a].key) }
	wideNear := func(n int) bool {
		return slices.ContainsFunc(t.nears[n].terms, func(m term) bool { return t.wide(m.key) })
	}
	return pod.near >= 0 && wideNear(pod.near) || slices.ContainsFunc(pod.matched.spreads, wideSpread) ||
		slices.ContainsFunc(pod.avoids, wideAnti) || slices.ContainsFunc(pod.avoided, wideAnti) || slices.ContainsFunc(pod.nears, wideNear)
}

// HostRules tells whether a rule about the host itself concerns pods of the profile, so that they are no filler like any other.
func (t *Table) HostRules(p Profile) bool {
	pod := &t.profiles[p]
	narrowAnti := func(a int) bool { return !t.wide(t.antis[a].key) }
	narrowSpread := func(use spreadUse) bool { return !t.wide(t.spreads[use.spread].key) }
	return len(pod.tokens) > 0 || slices.ContainsFunc(pod.spreads, narrowSpread) ||
		slices.ContainsFunc(pod.avoids, narrowAnti) || slices.ContainsFunc(pod.avoided, narrowAnti)
}

// Alone tells whether no host can ever hold two pods of the profile.
func (t *Table) Alone(p Profile) bool {
	pod := &t.profiles[p]
	return slices.ContainsFunc(pod.avoids, func(a int) bool { return !t.wide(t.antis[a].key) && slices.Contains(pod.avoided, a) }) ||
		slices.ContainsFunc(pod.tokens, func(token int) bool { return t.tokens[token].conflicts(t.tokens[token]) })
}

// FollowsOnHost is Follows where one of the terms is about the host itself.
func (t *Table) FollowsOnHost(p Profile) bool {
	pod := &t.profiles[p]
	return t.Follows(p) && t.nears[pod.near].host
}
