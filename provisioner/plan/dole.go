package plan

import "github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"

// offer is a spot with the number of pods that may go there at most.
type offer struct{ spot, most int }

// dole puts pods of one class on spots, in the order of the offers, as far as resources and rules allow. Where rules speak about
// zones or other wide domains, it takes turns among them, so that none gets ahead of the others more than it must. A spot that
// refuses is asked again when others have got pods: spread over hosts may allow more then.
func (r *run) dole(class int, offers []offer) {
	if r.p.classes[class].profile == topology.Plain {
		r.dolePlain(class, offers)
		return
	}
	for before := -1; len(offers) > 0 && r.left[class] > 0 && r.left[class] != before; {
		before = r.left[class]
		offers = r.doleRound(class, offers)
	}
}

// doleTo doles to the spots between two indexes.
func (r *run) doleTo(class, from, to int) {
	if r.p.classes[class].ruled() {
		r.dole(class, r.offersFor(class, from, to))
		return
	}
	for at := from; at < to && r.left[class] > 0; at++ {
		if n := r.room(class, at, r.left[class]); n > 0 && r.admitted(class, at) {
			r.put(class, at, n)
		}
	}
}

func (r *run) dolePlain(class int, offers []offer) {
	for _, o := range offers {
		for most := min(o.most, r.left[class]); most > 0 && r.admitted(class, o.spot); most = min(o.most, r.left[class]) {
			n := r.room(class, o.spot, most)
			if n == 0 {
				break
			}
			r.put(class, o.spot, n)
			o.most -= n
		}
	}
}

// queue is the offers of one cell.
type queue struct {
	offers []offer
}

// doleRound asks every offer until it is used up or refuses for a reason of its own.
func (r *run) doleRound(class int, offers []offer) (refused []offer) {
	queues := r.queues(offers)
	wide := r.p.table.Wide(r.p.classes[class].profile)
	for moved := true; moved && r.left[class] > 0; {
		moved = false
		for q := range queues {
			more, put := r.serve(class, &queues[q], wide)
			refused, moved = append(refused, more...), moved || put
		}
	}
	for q := range queues {
		refused = append(refused, queues[q].offers...)
	}
	return refused
}

// serve places pods from the head of a queue: one where wide rules ask for turns, otherwise as many as go.
func (r *run) serve(class int, q *queue, wide bool) (refused []offer, put bool) {
	profile := r.p.classes[class].profile
	for len(q.offers) > 0 && r.left[class] > 0 {
		o := &q.offers[0]
		s := &r.spots[o.spot]
		switch {
		case o.most == 0 || r.room(class, o.spot, 1) == 0 || !r.admitted(class, o.spot):
			if o.most > 0 {
				refused = append(refused, *o)
			}
			q.offers = q.offers[1:]
		case wide && r.ledger.AllowsWide(profile, s.at) != topology.Allowed:
			return refused, put
		case r.ledger.Allows(profile, s.at) != topology.Allowed:
			refused = append(refused, *o)
			q.offers = q.offers[1:]
		default:
			r.put(class, o.spot, 1)
			o.most--
			put = true
			if wide {
				return refused, true
			}
		}
	}
	return refused, put
}

// queues sorts offers by the cell of their spot, both in the order in which they come.
func (r *run) queues(offers []offer) []queue {
	var queues []queue
	at := map[string]int{}
	for _, o := range offers {
		cell := r.spots[o.spot].cell
		q, ok := at[cell]
		if !ok {
			q = len(queues)
			at[cell] = q
			queues = append(queues, queue{})
		}
		queues[q].offers = append(queues[q].offers, o)
	}
	return queues
}
