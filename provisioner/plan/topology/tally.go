package topology

// tally counts pods in the domains of a topology key and knows the lowest count of any domain that exists.
type tally struct {
	counts []int32 // pods by domain
	hosts  []int32 // hosts by domain; a domain exists while it has one
	// domains is the number of domains that exist; lowest is the smallest count of one, and atLowest how many have it.
	domains  int
	lowest   int32
	atLowest int
}

func (t *tally) grow(domain int32) {
	for int(domain) >= len(t.counts) {
		t.counts, t.hosts = append(t.counts, 0), append(t.hosts, 0)
	}
}

// count is the number of pods in a domain.
func (t *tally) count(domain int32) int32 {
	if int(domain) >= len(t.counts) {
		return 0
	}
	return t.counts[domain]
}

// add counts n more pods in a domain, or fewer where n is negative.
func (t *tally) add(domain, n int32) {
	t.grow(domain)
	before := t.counts[domain]
	after := before + n
	t.counts[domain] = after
	switch {
	case t.hosts[domain] == 0 || n == 0:
	case after < t.lowest:
		t.lowest, t.atLowest = after, 1
	case after == t.lowest:
		t.atLowest++
	case before == t.lowest:
		t.drop()
	}
}

// open says that a domain has one more host.
func (t *tally) open(domain int32) {
	t.grow(domain)
	t.hosts[domain]++
	if t.hosts[domain] > 1 {
		return
	}
	t.domains++
	switch count := t.counts[domain]; {
	case t.domains == 1 || count < t.lowest:
		t.lowest, t.atLowest = count, 1
	case count == t.lowest:
		t.atLowest++
	}
}

// close says that a domain has one host less.
func (t *tally) close(domain int32) {
	t.hosts[domain]--
	if t.hosts[domain] > 0 {
		return
	}
	t.domains--
	if t.counts[domain] == t.lowest {
		t.drop()
	}
}

// drop says that a domain no longer has the lowest count. When it was the last, the next one is searched for; as all domains must
// have moved for that, it is rare.
func (t *tally) drop() {
	t.atLowest--
	if t.atLowest > 0 {
		return
	}
	t.lowest = 0
	for d, hosts := range t.hosts {
		switch count := t.counts[d]; {
		case hosts == 0:
		case t.atLowest == 0 || count < t.lowest:
			t.lowest, t.atLowest = count, 1
		case count == t.lowest:
			t.atLowest++
		}
	}
}
