package plan

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// preempt sets pods apart for which kube-scheduler will make room itself when it comes to them: those that fit a node once
// pods of lower priority have left it. The room that they will leave is used once only.
func (r *run) preempt() {
	var gone map[*corev1.Pod]bool
	for class := range r.p.classes {
		c := &r.p.classes[class]
		if !c.preempts || r.p.table.Near(c.profile) { // the victims might be the very pods to be near to
			continue
		}
		for at := 0; at < len(r.p.nodes) && r.left[class] > 0; {
			victims, ok := r.victims(class, at, gone)
			if !ok {
				at++
				continue
			}
			if gone == nil {
				gone = map[*corev1.Pod]bool{}
			}
			before := slices.Clone(r.spots[at].free)
			for _, pod := range victims {
				gone[pod] = true
				reserve(r.spots[at].free, r.negative(pod))
			}
			reserve(r.spots[at].free, c.req)
			narrow(r.spots[at].free, before) // what the victims leave beyond that is not there yet
			r.left[class]--
			r.preempting[class]++
		}
	}
}

// narrow lowers amounts to those of another vector.
func narrow(v, to vector) {
	for i := range v {
		v[i] = min(v[i], to[i])
	}
}

// victims are the pods that would have to leave a node for one pod of the class, the least important first.
func (r *run) victims(class, at int, gone map[*corev1.Pod]bool) (victims []*corev1.Pod, ok bool) {
	c, t := &r.p.classes[class], r.p.nodes[at]
	if t.InFlight || c.claims != nil && !r.claimable(c.claims, at) || !r.admitted(class, at) || r.ledger.Allows(c.profile, r.spots[at].at) != topology.Allowed {
		return nil, false
	}
	var pods []*corev1.Pod
	for _, pod := range t.Pods {
		if !finished(pod) && !gone[pod] && priorityOf(pod) < c.priority {
			pods = append(pods, pod)
		}
	}
	slices.SortStableFunc(pods, func(a, b *corev1.Pod) int {
		return cmp.Or(cmp.Compare(priorityOf(a), priorityOf(b)), comparePods(a, b))
	})
	free := slices.Clone(r.spots[at].free)
	for _, pod := range pods {
		if holds(free, c.req) {
			break
		}
		victims = append(victims, pod)
		reserve(free, r.negative(pod))
	}
	return victims, len(victims) > 0 && holds(free, c.req)
}

// negative is what a running pod takes, with the sign turned.
func (r *run) negative(pod *corev1.Pod) vector {
	req := make(vector, len(r.p.axis.names))
	r.p.axis.fillRequests(req, podRequests(pod))
	for i := range req {
		req[i] = -req[i]
	}
	return req
}
