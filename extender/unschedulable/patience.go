package unschedulable

import "time"

// patience waits for the time at which pods that the scheduler passes over count.
type patience struct {
	// refused is when the scheduler last refused a pod; due is the refusal after which pods will count next, zero while there is none.
	refused, due time.Time
}

// await notes a refusal. The pods that are there count when the scheduler has not come to them queuedAfter later.
func (d *Detector) await(now time.Time) {
	d.patience.refused = now
	if d.patience.due.IsZero() {
		d.patience.due = now
		time.AfterFunc(queuedAfter, d.lapse)
	}
}

// lapse counts the pods that were there at the refusal which is due, and signals when that makes more of them wait.
func (d *Detector) lapse() {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.crowd
	d.crowd.passed = d.patience.due
	d.patience.due = time.Time{}
	if d.patience.refused.After(d.crowd.passed) {
		d.patience.due = d.patience.refused
		time.AfterFunc(queuedAfter-time.Since(d.patience.due), d.lapse)
	}
	for _, e := range d.pods {
		if e.own.unjudged() && d.crowd.refused[e.family] == 0 && d.crowd.passes(e) && !before.passes(e) {
			d.signal()
			return
		}
	}
}
