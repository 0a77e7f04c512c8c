// Package topology holds what pods ask of each other's place: topology spread, pod affinity and anti-affinity, host ports, and volumes
// that cannot be shared. A Table is compiled once from the waiting pods; a Ledger counts what is where and tells, as
// kube-scheduler's plugins would, whether one more pod may go on a host.
package topology

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Table is every rule that concerns a waiting pod.
type Table struct {
	namespaces map[string]map[string]string

	keys     []string // topology keys
	keyIndex map[string]int

	spreads []spread
	// antis are required anti-affinity terms, of waiting pods and of running ones.
	antis []term
	nears []near
	// tokens are things that pods cannot share: host ports and disks on a node, volumes in the cluster.
	tokens     []Token
	tokenIndex map[Token]int

	spreadIndex, antiIndex, nearIndex map[string]int

	profiles     []profile
	profileIndex map[string]int
	matched      map[string]matched
	outside      []bool // see outsiders
	depth        []int  // of each near: how long a chain of others it waits for
	scratch      []byte
}

// near is a set of required affinity terms: a pod that has it goes where pods are that all of its terms speak of.
type near struct {
	terms []term
	// host says that one of the terms is about the node itself.
	host bool
}

// NewTable starts a table without rules. The namespaces' labels decide about terms with a namespace selector.
func NewTable(namespaces map[string]map[string]string) *Table {
	return &Table{namespaces: namespaces, keyIndex: map[string]int{}, tokenIndex: map[Token]int{}, spreadIndex: map[string]int{},
		antiIndex: map[string]int{}, nearIndex: map[string]int{}, profileIndex: map[string]int{}, matched: map[string]matched{}}
}

// Empty tells whether no rule has been added, so that every pod may go anywhere.
func (t *Table) Empty() bool {
	return len(t.spreads) == 0 && len(t.antis) == 0 && len(t.nears) == 0 && len(t.tokens) == 0
}

// AddWaiting adds the rules of a waiting pod. All of them must be added before the first Profile is asked for. The pod may have been
// given more rules than it has: it was then says which nodes its spread constraints look at.
func (t *Table) AddWaiting(pod, was *corev1.Pod, exclusive []Token) {
	for i := range pod.Spec.TopologySpreadConstraints {
		if hard(&pod.Spec.TopologySpreadConstraints[i]) {
			t.spread(pod, was, i)
		}
	}
	if terms := requiredAffinity(pod); len(terms) > 0 {
		t.near(pod, terms)
	}
	t.AddRunning(pod)
	for _, token := range exclusive {
		t.token(token)
	}
	eachHostPort(pod, func(port Token) { t.token(port) })
}

// AddRunning adds the rules by which a running pod keeps others away.
func (t *Table) AddRunning(pod *corev1.Pod) {
	terms := requiredAntiAffinity(pod)
	for i := range terms {
		t.anti(pod, &terms[i])
	}
}

func (t *Table) key(name string) int {
	if at, ok := t.keyIndex[name]; ok {
		return at
	}
	at := len(t.keys)
	t.keys, t.keyIndex[name] = append(t.keys, name), at
	return at
}

func (t *Table) anti(pod *corev1.Pod, from *corev1.PodAffinityTerm) int {
	t.scratch = appendTerm(t.scratch[:0], pod, from)
	if at, ok := t.antiIndex[string(t.scratch)]; ok {
		return at
	}
	at := len(t.antis)
	t.antiIndex[string(t.scratch)] = at
	t.antis = append(t.antis, t.newTerm(pod, from))
	return at
}

func (t *Table) near(pod *corev1.Pod, from []corev1.PodAffinityTerm) int {
	t.scratch = t.scratch[:0]
	for i := range from {
		t.scratch = appendTerm(t.scratch, pod, &from[i])
	}
	if at, ok := t.nearIndex[string(t.scratch)]; ok {
		return at
	}
	at := len(t.nears)
	t.nearIndex[string(t.scratch)] = at
	var n near
	for i := range from {
		n.terms = append(n.terms, t.newTerm(pod, &from[i]))
		n.host = n.host || from[i].TopologyKey == corev1.LabelHostname
	}
	t.nears = append(t.nears, n)
	return at
}

// speaksOf tells whether all of the terms speak of a pod.
func (n *near) speaksOf(t *Table, namespace string, podLabels labels.Set) bool {
	for i := range n.terms {
		if !n.terms[i].matches(t, namespace, podLabels) {
			return false
		}
	}
	return true
}

// wide tells whether a topology key is about more than the node itself.
func (t *Table) wide(key int) bool { return t.keys[key] != corev1.LabelHostname }
