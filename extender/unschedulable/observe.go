package unschedulable

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
)

// observe takes over a new or changed pod, and signals when it tells something new.
func (d *Detector) observe(object any) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	own := d.rules.own(pod)
	if own == Bound || own == Done {
		d.forget(pod.UID)
		return
	}
	if d.take(pod, own, time.Now()) {
		d.signal()
	}
}

// lose forgets a deleted pod.
func (d *Detector) lose(object any) {
	if last, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = last.Obj
	}
	if pod, ok := object.(*corev1.Pod); ok {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.forget(pod.UID)
	}
}

func (d *Detector) forget(uid types.UID) {
	d.shelf.release(d.early.pull(uid, time.Now(), &d.shelf).finding)
	if e := d.pods[uid]; e != nil {
		d.count(e, -1)
		d.shelf.release(e.report.finding)
		delete(d.pods, uid)
	}
}

// take notes the pod and tells whether its state is news: it waits and did not before, or the scheduler refuses it with another message,
// which says that it has looked at other nodes and that one which has joined did not serve the pod after all.
func (d *Detector) take(pod *corev1.Pod, own State, now time.Time) (news bool) {
	e := d.pods[pod.UID]
	if e == nil {
		e = &entry{seen: now, family: familyOf(pod), report: d.early.pull(pod.UID, now, &d.shelf)}
		d.pods[pod.UID] = e
	}
	d.outdate(e, pod)
	was, old := e.own, e.pod
	own = e.reported(pod, own)
	known := was.unjudged() && d.counts(e)
	d.count(e, -1)
	e.move(pod, own, now)
	d.count(e, 1)
	if own.unjudged() && !was.unjudged() {
		d.newest = now
	}
	switch {
	case own == Flagged && (was != Flagged || reworded(old, pod)):
		d.await(now)
		return !known && d.announce(e.family)
	case own.unjudged() && !was.unjudged() && d.crowd.refused[e.family] > 0:
		return d.announce(e.family)
	}
	return false
}

// reworded tells whether the scheduler has refused the pod before and does now with another message. The first message behind a report
// says what the report has said.
func reworded(old, pod *corev1.Pod) bool {
	before, after := refusal(old), refusal(pod)
	return before != nil && after != nil && before.Message != after.Message
}

// counts tells whether a pod that the scheduler had not come to counted already, and its siblings with it: a first refusal in a family is
// news for those that came lately.
func (d *Detector) counts(e *entry) bool {
	return d.crowd.refused[e.family] > 0 || d.crowd.passes(e) && (e.family == "" || !d.newest.After(d.crowd.passed))
}

// count adds a flagged pod to its family, or takes it away.
func (d *Detector) count(e *entry, n int) {
	if e.own != Flagged || e.family == "" {
		return
	}
	if d.crowd.refused[e.family] += n; d.crowd.refused[e.family] == 0 {
		delete(d.crowd.refused, e.family)
	}
}

// announce reports whether a verdict on a pod of this family tells something new: the first one already makes all of them count.
func (d *Detector) announce(family string) bool {
	if family == "" {
		return true
	}
	known := d.announced[family]
	d.announced[family] = true
	return !known
}
