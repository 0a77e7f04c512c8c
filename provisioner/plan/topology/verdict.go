package topology

// Verdict says whether a pod may go on a host, or which rule it would break there.
type Verdict uint8

// Verdicts.
const (
	Allowed Verdict = iota
	BreaksSpread
	BreaksAffinity
	BreaksAntiAffinity
	BreaksHostPort
	BreaksVolume
)

// Allows tells whether one more pod of the profile may go on the host.
func (l *Ledger) Allows(p Profile, at Host) Verdict { return l.judge(p, at, true) }

// AllowsWide is Allows without the rules about the host itself: only those about zones and other wide domains count.
func (l *Ledger) AllowsWide(p Profile, at Host) Verdict { return l.judge(p, at, false) }

func (l *Ledger) judge(p Profile, at Host, host bool) Verdict {
	if p == Plain {
		return Allowed
	}
	pod, where := &l.table.profiles[p], &l.hosts[at]
	switch {
	case !l.allowsTokens(pod, at, host):
		return l.tokenVerdict(pod, at)
	case !l.allowsSpread(pod, where, host):
		return BreaksSpread
	case pod.near >= 0 && !l.allowsNear(pod, where, host):
		return BreaksAffinity
	case !l.allowsAnti(pod, where, host):
		return BreaksAntiAffinity
	default:
		return Allowed
	}
}

func (l *Ledger) allowsSpread(pod *profile, where *host, host bool) bool {
	for i := range pod.spreads {
		use := &pod.spreads[i]
		key := l.table.spreads[use.spread].key
		if !host && !l.table.wide(key) {
			continue
		}
		domain := where.domains[key]
		if domain == noDomain {
			return false
		}
		count := &l.spreads[use.spread]
		lowest := count.lowest
		if count.domains == 0 || count.domains < use.minDomains {
			lowest = 0
		}
		if count.count(domain)+use.self-lowest > use.maxSkew {
			return false
		}
	}
	return true
}

func (l *Ledger) allowsNear(pod *profile, where *host, host bool) bool {
	n := &l.table.nears[pod.near]
	exist := true
	for i := range n.terms {
		domain := where.domains[n.terms[i].key]
		if domain == noDomain {
			return false
		}
		if (host || l.table.wide(n.terms[i].key)) && read(l.near[pod.near][i], domain) == 0 {
			exist = false
		}
	}
	return exist || l.nearTotal[pod.near] == 0 && pod.first
}

func (l *Ledger) allowsAnti(pod *profile, where *host, host bool) bool {
	for _, a := range pod.avoids {
		if key := l.table.antis[a].key; (host || l.table.wide(key)) && read(l.avoided[a], where.domains[key]) > 0 {
			return false
		}
	}
	for _, a := range pod.avoided {
		if key := l.table.antis[a].key; (host || l.table.wide(key)) && read(l.avoiding[a], where.domains[key]) > 0 {
			return false
		}
	}
	return true
}

func (l *Ledger) allowsTokens(pod *profile, at Host, host bool) bool {
	for _, token := range pod.tokens {
		wide := l.table.tokens[token].Kind == ClusterVolume
		if (host || wide) && read(l.blocked[token], l.scope(token, at)) > 0 {
			return false
		}
	}
	return true
}

func (l *Ledger) tokenVerdict(pod *profile, at Host) Verdict {
	for _, token := range pod.tokens {
		if l.table.tokens[token].Kind == HostPort && read(l.blocked[token], l.scope(token, at)) > 0 {
			return BreaksHostPort
		}
	}
	return BreaksVolume
}
