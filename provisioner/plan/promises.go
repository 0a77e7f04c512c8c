package plan

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// promise is that pods of one class, which wait, were planned for a node before.
type promise struct {
	class, node int
	pods        []*corev1.Pod
}

// readPromises finds the waiting pods that nodes expect. A pod that several expect is that of the first.
func (p *problem) readPromises() {
	expecting := map[types.NamespacedName]int{}
	for i, t := range p.nodes {
		for _, key := range t.Expected {
			if _, promised := expecting[key]; !promised {
				expecting[key] = i
			}
		}
	}
	if len(expecting) == 0 {
		return
	}
	for class := range p.classes {
		at := map[int]int{} // node to its place in the promises of this class
		from := len(p.promises)
		for _, pod := range p.classes[class].pods {
			node, promised := expecting[types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}]
			if !promised {
				continue
			}
			i, known := at[node]
			if !known {
				i = len(p.promises)
				at[node] = i
				p.promises = append(p.promises, promise{class: class, node: node})
			}
			p.promises[i].pods = append(p.promises[i].pods, pod)
		}
		slices.SortFunc(p.promises[from:], func(a, b promise) int { return a.node - b.node })
	}
}

// keepPromises puts pods where they were planned before, as far as the rules still allow that. What was found to fit tightly once might
// not be found again, and pods that change their place with every plan have none that the scheduler could be told of.
func (r *run) keepPromises() {
	for moved := true; moved; {
		moved = false
		kept := make([]int, len(r.p.classes))
		for _, made := range r.p.promises {
			kept[made.class] += r.keep(made)
		}
		for class, n := range kept {
			moved = moved || n > 0 && r.p.classes[class].ruled()
		}
	}
}

// keep puts as many pods of a promise on their node as are not there and may go there, and says how many.
func (r *run) keep(made promise) int {
	there := 0
	for _, l := range r.spots[made.node].loads {
		if l.class == made.class {
			there = l.pods
		}
	}
	before := r.left[made.class]
	if missing := min(len(made.pods)-there, before); missing > 0 {
		r.dole(made.class, []offer{{made.node, missing}})
	}
	return before - r.left[made.class]
}

// seatPromised orders the pods of each class so that those which are handed out for a node are those that it expects.
func (r *run) seatPromised() {
	for from := 0; from < len(r.p.promises); {
		to := from
		for to < len(r.p.promises) && r.p.promises[to].class == r.p.promises[from].class {
			to++
		}
		r.seat(r.p.promises[from].class, r.p.promises[from:to])
		from = to
	}
}

// seat orders the pods of one class, whose promises are in the order of the nodes, as pods are handed out.
func (r *run) seat(class int, promises []promise) {
	c := &r.p.classes[class]
	seated := make(map[*corev1.Pod]bool, len(c.pods))
	order := make([]*corev1.Pod, len(c.pods)) // nil where anybody may sit
	at := 0
	for i := range r.p.nodes {
		for _, l := range r.spots[i].loads {
			if l.class != class {
				continue
			}
			if len(promises) > 0 && promises[0].node == i {
				for n, pod := range promises[0].pods[:min(l.pods, len(promises[0].pods))] {
					order[at+n], seated[pod] = pod, true
				}
			}
			at += l.pods
		}
		if len(promises) > 0 && promises[0].node == i {
			promises = promises[1:]
		}
	}
	others := slices.DeleteFunc(slices.Clone(c.pods), func(pod *corev1.Pod) bool { return seated[pod] })
	for i := range order {
		if order[i] == nil {
			order[i], others = others[0], others[1:]
		}
	}
	c.pods = order
}
