package plan

// placeOnNodes puts pods on the nodes that exist or are on their way. Important pods come first, as they do in kube-scheduler's
// queue; among those, pods for which nothing can be bought, because they have no other place; then big before small. Pods that
// depend on others are asked again after those.
func (r *run) placeOnNodes() {
	order := r.leadersFirst(r.placingOrder())
	for moved := true; moved; {
		moved = false
		for _, class := range order {
			before := r.left[class]
			if before > 0 {
				r.doleTo(class, 0, len(r.p.nodes))
			}
			moved = moved || r.left[class] < before && !r.p.table.Empty()
		}
	}
}

func (r *run) placingOrder() []int {
	order := make([]int, 0, len(r.p.classes))
	for from := 0; from < len(r.p.classes); {
		to := from
		for to < len(r.p.classes) && r.p.classes[to].priority == r.p.classes[from].priority {
			to++
		}
		for _, buyable := range []bool{false, true} {
			for class := from; class < to; class++ {
				if r.p.buyableFor(class, r.budget) == buyable {
					order = append(order, class)
				}
			}
		}
		from = to
	}
	return order
}

// offersFor lists the spots between two indexes that have room for a pod of the class.
func (r *run) offersFor(class, from, to int) []offer {
	var offers []offer
	for at := from; at < to; at++ {
		if n := r.room(class, at, r.left[class]); n > 0 && r.admitted(class, at) {
			offers = append(offers, offer{at, r.left[class]})
		}
	}
	return offers
}
