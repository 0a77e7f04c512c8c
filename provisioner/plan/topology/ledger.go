package topology

import (
	corev1 "k8s.io/api/core/v1"
)

// Ledger counts the pods that the rules of a Table look at, host by host.
type Ledger struct {
	table  *Table
	hosts  []host
	values []map[string]int32 // domain by topology key and value
	next   []int32            // next free domain by topology key

	spreads []tally
	// near counts for each near and term the pods by domain, and in nearTotal all that are in any domain.
	near      [][][]int32
	nearTotal []int32
	// avoided counts the pods that an anti speaks of by domain, avoiding those that have it.
	avoided, avoiding [][]int32
	// blocked counts for each token the pods that stand in its way, by host; for a ClusterVolume all are under one index.
	blocked [][]int32
	clashes [][]int // tokens that each token is in conflict with, itself included where two cannot share it
}

// NewLedger gives a ledger without hosts. The table must be complete.
func (t *Table) NewLedger() *Ledger {
	l := &Ledger{table: t, values: make([]map[string]int32, len(t.keys)), next: make([]int32, len(t.keys)),
		spreads: make([]tally, len(t.spreads)), near: make([][][]int32, len(t.nears)), nearTotal: make([]int32, len(t.nears)),
		avoided: make([][]int32, len(t.antis)), avoiding: make([][]int32, len(t.antis)),
		blocked: make([][]int32, len(t.tokens)), clashes: make([][]int, len(t.tokens))}
	for k := range l.values {
		l.values[k] = map[string]int32{}
	}
	for n := range l.near {
		l.near[n] = make([][]int32, len(t.nears[n].terms))
	}
	for i, a := range t.tokens {
		for j, b := range t.tokens {
			if a.conflicts(b) {
				l.clashes[i] = append(l.clashes[i], j)
			}
		}
	}
	return l
}

// Adopt takes over the domains that another ledger of the table knows, so that templates made there hold here.
func (l *Ledger) Adopt(other *Ledger) {
	for k := range l.values {
		l.values[k], l.next[k] = other.values[k], other.next[k]
	}
}

// Put counts n more pods of a profile on a host; a negative n takes them away again.
func (l *Ledger) Put(p Profile, at Host, n int) {
	if p == Plain {
		return
	}
	pod, host, amount := &l.table.profiles[p], &l.hosts[at], int32(n)
	l.countSpread(&pod.matched, host, amount)
	l.countRest(&pod.matched, host, amount)
	for _, a := range pod.avoids {
		bump(&l.avoiding[a], host.domains[l.table.antis[a].key], amount)
	}
	for _, token := range pod.tokens {
		l.block(l.clashes[token], at, amount)
	}
}

func (l *Ledger) countSpread(m *matched, host *host, n int32) {
	for _, s := range m.spreads {
		if host.looked[s] {
			l.spreads[s].add(host.domains[l.table.spreads[s].key], n)
		}
	}
}

// countRest adds pods to the counts of those who want to be near them or far from them.
func (l *Ledger) countRest(m *matched, host *host, n int32) {
	for _, a := range m.avoided {
		bump(&l.avoided[a], host.domains[l.table.antis[a].key], n)
	}
	for _, at := range m.nears {
		for i := range l.near[at] {
			if d := host.domains[l.table.nears[at].terms[i].key]; d != noDomain {
				bump(&l.near[at][i], d, n)
				l.nearTotal[at] += n
			}
		}
	}
}

func (l *Ledger) block(tokens []int, at Host, n int32) {
	for _, token := range tokens {
		bump(&l.blocked[token], l.scope(token, at), n)
	}
}

// scope is the index under which the uses of a token are counted.
func (l *Ledger) scope(token int, at Host) int32 {
	if l.table.tokens[token].Kind == ClusterVolume {
		return 0
	}
	return int32(at)
}

func bump(counts *[]int32, domain, n int32) {
	if domain == noDomain {
		return
	}
	for int(domain) >= len(*counts) {
		*counts = append(*counts, 0)
	}
	(*counts)[domain] += n
}

func read(counts []int32, domain int32) int32 {
	if domain == noDomain || int(domain) >= len(counts) {
		return 0
	}
	return counts[domain]
}

// Match is what the rules of a table say about pods of one namespace with the same labels.
type Match struct{ matched }

// Match finds the rules that speak of a running pod.
func (t *Table) Match(pod *corev1.Pod) Match { return Match{t.matches(pod.Namespace, pod.Labels)} }

// PutMatched counts running pods on a host, of which those that are not being deleted count for spread.
func (l *Ledger) PutMatched(m *Match, at Host, pods, living int) {
	host := &l.hosts[at]
	l.countSpread(&m.matched, host, int32(living))
	l.countRest(&m.matched, host, int32(pods))
}

// PutAvoiding counts what n pods like a running one keep away from.
func (l *Ledger) PutAvoiding(pod *corev1.Pod, at Host, n int) {
	terms := requiredAntiAffinity(pod)
	for i := range terms {
		a := l.table.anti(pod, &terms[i])
		bump(&l.avoiding[a], l.hosts[at].domains[l.table.antis[a].key], int32(n))
	}
}

// PutHolding counts what n pods like a running one do not share.
func (l *Ledger) PutHolding(pod *corev1.Pod, exclusive []Token, at Host, n int) {
	l.blockRunning(pod, exclusive, at, int32(n))
}

// HasHostPort tells whether a pod uses a port of its host.
func HasHostPort(pod *corev1.Pod) bool {
	found := false
	eachHostPort(pod, func(Token) { found = true })
	return found
}

func (l *Ledger) blockRunning(pod *corev1.Pod, exclusive []Token, at Host, n int32) {
	if len(l.table.tokens) == 0 {
		return
	}
	block := func(used Token) {
		for i, token := range l.table.tokens {
			if token.conflicts(used) {
				bump(&l.blocked[i], l.scope(i, at), n)
			}
		}
	}
	eachHostPort(pod, block)
	for _, used := range exclusive {
		block(used)
	}
}
