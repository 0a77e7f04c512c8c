package topology

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// noDomain is the domain of a host that lacks the topology label. freshDomain is that of a host whose name is not known yet.
const (
	noDomain    int32 = -1
	freshDomain int32 = -2
)

// Template is what the rules know of a host: the domains it belongs to and which counts look at it. Hosts that will be bought
// share one for each kind.
type Template struct {
	domains []int32 // by topology key
	looked  []bool  // by spread
	fresh   bool    // whether some domain is to be made for each host
}

// Cell is a key that is equal for templates which are the same to all rules, the name of the host apart.
func (l *Ledger) Cell(t *Template) string {
	key := make([]byte, 0, 4*len(t.domains)+len(t.looked))
	for k, d := range t.domains {
		if l.table.wide(k) {
			key = append(strconv.AppendInt(key, int64(d), 10), ',')
		}
	}
	for _, looked := range t.looked {
		if looked {
			key = append(key, '+')
		} else {
			key = append(key, '-')
		}
	}
	return string(key)
}

// host is a node in a ledger.
type host struct {
	domains []int32
	looked  []bool
}

// Host is the index of a host in a Ledger.
type Host int

// Template reads a node. A node that will be bought has no name of its own yet: with unnamed set each host made from the
// template gets one.
func (l *Ledger) Template(node *corev1.Node, unnamed bool) *Template {
	made := &Template{domains: make([]int32, len(l.table.keys)), looked: make([]bool, len(l.table.spreads))}
	for k, name := range l.table.keys {
		value, ok := node.Labels[name]
		switch {
		case name == corev1.LabelHostname && unnamed:
			made.domains[k], made.fresh = freshDomain, true
		case ok:
			made.domains[k] = l.domain(k, value)
		default:
			made.domains[k] = noDomain
		}
	}
	for s := range l.table.spreads {
		made.looked[s] = l.table.spreads[s].looksAt(node, made.domains)
	}
	return made
}

func (l *Ledger) domain(key int, value string) int32 {
	if at, ok := l.values[key][value]; ok {
		return at
	}
	at := l.next[key]
	l.next[key]++
	l.values[key][value] = at
	return at
}

// Add adds a host without pods.
func (l *Ledger) Add(from *Template) Host {
	h := host{domains: from.domains, looked: from.looked}
	if from.fresh {
		h.domains = append([]int32(nil), from.domains...)
		for k, d := range h.domains {
			if d == freshDomain {
				h.domains[k] = l.next[k]
				l.next[k]++
			}
		}
	}
	l.hosts = append(l.hosts, h)
	at := Host(len(l.hosts) - 1)
	l.Open(at)
	return at
}

// Open lets the domains of a host exist, Close takes it out of them again. A host that was added is open.
func (l *Ledger) Open(at Host) {
	h := &l.hosts[at]
	for s, looked := range h.looked {
		if looked {
			l.spreads[s].open(h.domains[l.table.spreads[s].key])
		}
	}
}

// Close takes a host out of its domains; one that no other host is in ceases to exist.
func (l *Ledger) Close(at Host) {
	h := &l.hosts[at]
	for s, looked := range h.looked {
		if looked {
			l.spreads[s].close(h.domains[l.table.spreads[s].key])
		}
	}
}
