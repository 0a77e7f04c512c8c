package plan

import (
	"fmt"
	"slices"
	"strings"
)

// report writes the decision records of new nodes. Equal purchases share one record.
type report struct {
	p      *problem
	budget *budget
	known  map[recordKey][]Considered
}

// recordKey tells purchases apart: the same pattern on the same candidate is the same decision.
type recordKey struct {
	candidate int
	pattern   *load
}

func newReport(p *problem, k *packing) *report {
	return &report{p: p, budget: &k.budget, known: map[recordKey][]Considered{}}
}

// step is how far an offering came before it was passed over; the furthest of its groups is what people want to know.
type step int

const (
	stepNeeds step = iota
	stepRoom
	stepSoldOut
	stepLimit
	stepPrice
	stepChosen
)

// forPods is the record of a node bought for pods: the chosen offering and the cheaper ones, the nearest in price when there
// are more than a record may hold.
func (r *report) forPods(bought *purchase) []Considered {
	key := recordKey{bought.candidate, &bought.loads[0]}
	if record, ok := r.known[key]; ok {
		return record
	}
	record := r.record(bought.candidate, func(c int) (step, string) { return r.verdict(bought, c) })
	r.known[key] = record
	return record
}

// forSize is the record of a node bought to bring its group to the desired size. It is the cheapest that the group can have.
func (r *report) forSize(chosen int) []Considered {
	group := r.p.candidates[chosen].group
	return r.record(chosen, func(c int) (step, string) {
		if r.p.candidates[c].group != group {
			return stepNeeds, ""
		}
		return stepSoldOut, "sold out"
	})
}

// record asks for a verdict on each candidate from the chosen one down in price. An empty verdict leaves the candidate out.
func (r *report) record(chosen int, verdict func(int) (step, string)) []Considered {
	record := []Considered{{Offering: r.p.candidates[chosen].offering, Verdict: VerdictChosen}}
	reached := []step{stepChosen}
	for c := chosen - 1; c >= 0; c-- {
		offering := r.p.candidates[c].offering
		last := len(record) - 1
		known := record[last].Offering == offering
		if !known && len(record) == MaxConsidered {
			break
		}
		at, text := verdict(c)
		switch {
		case text == "" || known && at <= reached[last]:
		case known:
			record[last].Verdict, reached[last] = text, at
		default:
			record, reached = append(record, Considered{Offering: offering, Verdict: text}), append(reached, at)
		}
	}
	slices.Reverse(record)
	return record
}

// verdict says why a candidate that is not dearer than the chosen one was passed over.
func (r *report) verdict(bought *purchase, c int) (step, string) {
	p, candidate := r.p, &r.p.candidates[c]
	if n, why := r.strangers(bought, c); n > 0 {
		return stepNeeds, fmt.Sprintf("%s cannot run there: %s", ofPods(n, bought), why)
	}
	if n, lacking := r.overflow(bought, c); n > 0 {
		return stepRoom, fmt.Sprintf("does not fit %s: %s", ofPods(n, bought), lacking)
	}
	switch g := p.groups[candidate.group]; {
	case candidate.offering.SoldOut:
		return stepSoldOut, "sold out"
	case !g.ScaleUp || candidate.group != p.candidates[bought.candidate].group && r.budget.rooms[candidate.group] <= 0:
		return stepLimit, limitOf(g)
	default:
		return stepPrice, "costs the same"
	}
}

func ofPods(n int, bought *purchase) string {
	all := 0
	for _, l := range bought.loads {
		all += l.pods
	}
	return fmt.Sprintf("%d of %d pods", n, all)
}

// strangers counts the pods that the candidate's labels and taints keep away, and says what keeps the first of them away.
func (r *report) strangers(bought *purchase, c int) (n int, why string) {
	for _, l := range bought.loads {
		needs := r.p.classes[l.class].needs
		if r.p.suits.row(needs)[c] {
			continue
		}
		if n == 0 {
			why = r.p.needs[needs].explain(&r.p.candidates[c].host)
		}
		n += l.pods
	}
	return n, why
}

// overflow counts the pods that find no room when the candidate is filled in the order of the pattern, and names what is short.
func (r *report) overflow(bought *purchase, c int) (n int, lacking string) {
	p := r.p
	used := make(vector, len(p.axis.names))
	p.sum(used, bought.loads)
	var names []string
	for i, name := range p.axis.names {
		if used[i] > p.candidates[c].free[i] {
			names = append(names, string(name))
		}
	}
	if len(names) == 0 {
		return 0, ""
	}
	free := slices.Clone(p.candidates[c].free)
	for _, l := range bought.loads {
		fit := copies(free, p.classes[l.class].req, l.pods)
		take(free, p.classes[l.class].req, fit)
		n += l.pods - fit
	}
	return n, strings.Join(names, ", ")
}
