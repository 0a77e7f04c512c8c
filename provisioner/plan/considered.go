package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// report writes the decision records of new nodes. Equal nodes share one record.
type report struct {
	r     *run
	p     *problem
	known map[string][]Considered
	// The rest is used again and again: what the pods take and a candidate leaves, names by the set of resources, texts.
	used, free vector
	names      map[int]string
	key, text  []byte
	reached    []step
}

func newReport(r *run) *report {
	width := len(r.p.axis.names)
	return &report{r: r, p: r.p, known: map[string][]Considered{}, names: map[int]string{}, used: make(vector, width), free: make(vector, width)}
}

// step is how far an offering came before it was passed over; the furthest of its groups is what people want to know.
type step int

const (
	stepNeeds step = iota
	stepRoom
	stepSoldOut
	stepLimit
	stepPriority
	stepNeighbours
	stepPreferred
	stepPrice
	stepChosen
)

// forSpot is the record of a new node: the chosen offering and the cheaper ones, the nearest in price when there are more than a
// record may hold.
func (r *report) forSpot(s *spot) []Considered {
	if len(s.loads) == 0 {
		return r.forSize(s.candidate)
	}
	r.key = strconv.AppendInt(r.key[:0], int64(s.candidate), 10)
	for _, l := range s.loads {
		r.key = strconv.AppendInt(append(r.key, ' '), int64(l.class), 10)
		r.key = strconv.AppendInt(append(r.key, '*'), int64(l.pods), 10)
	}
	if record, ok := r.known[string(r.key)]; ok {
		return record
	}
	key := string(r.key)
	record := r.record(s.candidate, func(c int) (step, string) { return r.verdict(s, c) })
	r.known[key] = record
	return record
}

// forSize is the record of a node bought to bring its group to the desired size. It is the cheapest that the group can have.
func (r *report) forSize(chosen int) []Considered {
	group := r.p.candidates[chosen].group
	return r.record(chosen, func(c int) (step, string) {
		switch other := &r.p.candidates[c]; {
		case other.group != group:
			return stepNeeds, ""
		case other.offering.SoldOut:
			return stepSoldOut, "sold out"
		default:
			return r.choice(chosen, c)
		}
	})
}

// record asks for a verdict on each candidate from the chosen one down in price. An empty verdict leaves the candidate out.
func (r *report) record(chosen int, verdict func(int) (step, string)) []Considered {
	record := append(make([]Considered, 0, 4), Considered{Offering: r.p.candidates[chosen].offering, Verdict: VerdictChosen})
	r.reached = append(r.reached[:0], stepChosen)
	for c := chosen - 1; c >= 0; c-- {
		offering := r.p.candidates[c].offering
		last := len(record) - 1
		known := record[last].Offering == offering
		if !known && len(record) == MaxConsidered {
			break
		}
		at, text := verdict(c)
		switch {
		case text == "" || known && at <= r.reached[last]:
		case known:
			record[last].Verdict, r.reached[last] = text, at
		default:
			record, r.reached = append(record, Considered{Offering: offering, Verdict: text}), append(r.reached, at)
		}
	}
	slices.Reverse(record)
	return record
}

// verdict says why a candidate that is not dearer than the chosen one was passed over.
func (r *report) verdict(s *spot, c int) (step, string) {
	p, candidate := r.p, &r.p.candidates[c]
	if n, why := r.strangers(s, c); n > 0 {
		return stepNeeds, r.ofPods(n, s, "", " cannot run there: ", why)
	}
	if n := r.overflow(s, c); n > 0 {
		return stepRoom, r.ofPods(n, s, "does not fit ", ": ", r.lacking(c))
	}
	switch g := p.groups[candidate.group]; {
	case candidate.offering.SoldOut:
		return stepSoldOut, "sold out"
	case !g.ScaleUp || candidate.group != p.candidates[s.candidate].group && r.r.budget[candidate.group] <= 0:
		return stepLimit, limitOf(g)
	default:
		return r.choice(s.candidate, c)
	}
}

// choice says why a candidate that would hold the pods and can be had was passed over for the chosen one.
func (r *report) choice(chosen, c int) (step, string) {
	took, other := &r.p.candidates[chosen], &r.p.candidates[c]
	switch {
	case r.p.groups[other.group].Priority < r.p.groups[took.group].Priority:
		return stepPriority, fmt.Sprintf("node group %s has a lower priority", r.p.groups[other.group].Key)
	case other.cell != took.cell && other.offering.Price < took.offering.Price:
		return stepNeighbours, "is in another topology domain than spread or affinity rules ask for"
	case other.offering.Price < took.offering.Price && took.offering.ID == r.p.groups[took.group].PreferredOfferingID:
		return stepPreferred, "cheaper, but not by more than the preferred offering may cost"
	case other.offering.Price < took.offering.Price:
		return stepPreferred, "cheaper, but not for all of the plan"
	default:
		return stepPrice, "costs the same"
	}
}

// ofPods writes how many of the pods on a spot a text is about. There are many of these texts, so each is one allocation.
func (r *report) ofPods(n int, s *spot, before, after, last string) string {
	all := 0
	for _, l := range s.loads {
		all += l.pods
	}
	r.text = strconv.AppendInt(append(r.text[:0], before...), int64(n), 10)
	r.text = strconv.AppendInt(append(r.text, " of "...), int64(all), 10)
	r.text = append(append(append(r.text, " pods"...), after...), last...)
	return string(r.text)
}

// strangers counts the pods that the candidate's labels and taints keep away, and says what keeps the first of them away.
func (r *report) strangers(s *spot, c int) (n int, why string) {
	for _, l := range s.loads {
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

// overflow counts the pods that find no room when the candidate is filled in the order of the loads.
func (r *report) overflow(s *spot, c int) (n int) {
	p := r.p
	clear(r.used)
	for _, l := range s.loads {
		take(r.used, p.classes[l.class].lean, -l.pods)
	}
	copy(r.free, p.candidates[c].free)
	if holds(r.free, r.used) {
		return 0
	}
	for _, l := range s.loads {
		fit := copies(r.free, p.classes[l.class].lean, l.pods)
		take(r.free, p.classes[l.class].lean, fit)
		n += l.pods - fit
	}
	return n
}

// lacking names the resources of which a candidate has less than the pods that overflow last asked about take.
func (r *report) lacking(c int) string {
	short := 0
	for i := range r.used {
		if r.used[i] > r.p.candidates[c].free[i] {
			short |= 1 << i
		}
	}
	if names, ok := r.names[short]; ok {
		return names
	}
	var names []string
	for i, name := range r.p.axis.names {
		if short&(1<<i) != 0 {
			names = append(names, string(name))
		}
	}
	r.names[short] = strings.Join(names, ", ")
	return r.names[short]
}
