package verify

// checkCompany plays pod affinity through in an order of scheduling. In the final state two pods may each be the company that the other
// one asks for, though neither could have come first. Pods that go to existing nodes at once are seated before all others come; of the
// rest, those without affinity come either first or last.
func (v *verdict) checkCompany() {
	if v.seated == nil {
		v.seated = map[*pod]bool{}
	}
	var waiting, others []guest
	for _, p := range v.w.all {
		if p.host == nil || v.seated[p] || !v.planned(p) {
			continue
		}
		if len(p.affinity) > 0 {
			waiting = append(waiting, guest{p: p, place: p.host, company: v.w.company(p)})
		} else {
			others = append(others, guest{p: p, place: p.host})
		}
		v.seated[p] = true
	}
	rest := v.seatAll(waiting, nil)
	if len(rest) > 0 {
		for _, g := range waiting {
			if g.p.host != nil {
				v.w.take(g.p)
			}
		}
		rest = v.seatAll(waiting, others)
	}
	for _, g := range rest {
		_, err := v.w.meets(g.p, g.place, g.company)
		v.fail("pod %s on %s: affinity: no order of scheduling lets the pod in: %w", g.p, g.place, err)
	}
	for _, g := range rest {
		v.w.put(g.p, g.place)
	}
}

// seatAll seats pods with affinity, before the others come and after, and gives those that never get in.
func (v *verdict) seatAll(waiting, others []guest) []guest {
	for _, g := range append(append([]guest(nil), waiting...), others...) {
		if g.p.host != nil {
			v.w.take(g.p)
		}
	}
	rest := v.seatMore(waiting)
	for _, g := range others {
		v.w.put(g.p, g.place)
	}
	return v.seatMore(rest)
}

func (v *verdict) seatMore(waiting []guest) []guest {
	for more := true; more; {
		waiting, more = v.seat(waiting)
	}
	return waiting
}

// guest is a pod that waits for company at its place.
type guest struct {
	p       *pod
	place   *host
	company []*pod
}

// seat puts every pod that has company on its host. Only when there is none such, one may come first for which there is no company
// anywhere. It gives those that still wait, and whether any has been seated.
func (v *verdict) seat(waiting []guest) (rest []guest, more bool) {
	loner := -1
	for _, g := range waiting {
		alone, err := v.w.meets(g.p, g.place, g.company)
		switch {
		case err == nil && !alone:
			v.w.put(g.p, g.place)
			continue
		case err == nil && loner < 0:
			loner = len(rest)
		}
		rest = append(rest, g)
	}
	if len(rest) == len(waiting) && loner >= 0 {
		v.w.put(rest[loner].p, rest[loner].place)
		return append(rest[:loner:loner], rest[loner+1:]...), true
	}
	return rest, len(rest) < len(waiting)
}

// planned tells whether a pod got its place from the plan.
func (v *verdict) planned(p *pod) bool {
	if v.mine == nil {
		v.mine = map[*pod]bool{}
		for _, pod := range v.s.Pods {
			v.mine[v.w.pod(pod)] = true
		}
	}
	return v.mine[p]
}
