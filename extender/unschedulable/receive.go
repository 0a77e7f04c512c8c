package unschedulable

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

const (
	// maxEarly is how many reports about pods that were not seen yet are kept.
	maxEarly = 10_000
	// earlyFor is how long they are. A watch is behind by milliseconds, at a restart by seconds.
	earlyFor = time.Minute
)

// report is the newest finding of kube-scheduler about a pod.
type report struct {
	*finding
	generation int64     // of the pod's specification that was tried
	at         time.Time // when it was received
}

// Receive takes over what kube-scheduler reports about pods, each of which it flags before the scheduler has written so. What the
// scheduler writes later overrules it.
func (d *Detector) Receive(sent *diagnosis.Report) []diagnosis.Result {
	found := newFinding(sent)
	results := make([]diagnosis.Result, len(sent.Pods))
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for i, pod := range sent.Pods {
		r := report{finding: d.shelf.take(found), generation: pod.Generation, at: now}
		var told bool
		if results[i], told = d.hear(pod, r); !told {
			d.shelf.release(r.finding)
		}
	}
	return results
}

// hear notes a report about a pod, unless it is not kept.
func (d *Detector) hear(pod diagnosis.Pod, r report) (result diagnosis.Result, kept bool) {
	e := d.pods[pod.UID]
	switch {
	case e == nil && d.early.put(pod.UID, r, &d.shelf):
		return diagnosis.Early, true
	case e == nil:
		return diagnosis.Dropped, false
	case r.generation < e.pod.Generation:
		return diagnosis.Stale, false
	}
	d.shelf.release(e.report.finding)
	again := e.report.finding != nil && e.report.finding != r.finding
	e.report = r
	if d.take(e.pod, d.rules.own(e.pod), r.at) || again && e.own == Flagged && refusal(e.pod) == nil && d.announce(e.family) {
		d.signal()
	}
	switch {
	case r.generation > e.pod.Generation:
		return diagnosis.Early, true
	case e.own != Flagged:
		return diagnosis.Ignored, true
	}
	return diagnosis.Taken, true
}

// outdate drops the report on a pod when the newer version of the pod contradicts it: the specification was changed, or the scheduler has
// failed for a reason of its own since.
func (d *Detector) outdate(e *entry, newer *corev1.Pod) {
	if e.report.finding == nil {
		return
	}
	if e.report.generation < newer.Generation || e.pod != nil && failsAnew(e.pod, newer) {
		d.shelf.release(e.report.finding)
		e.report = report{}
	}
}

// failsAnew tells whether the scheduler has failed for a reason of its own since the older version of a pod.
func failsAnew(old, newer *corev1.Pod) bool {
	before, after := verdict(old, corev1.PodReasonSchedulerError), verdict(newer, corev1.PodReasonSchedulerError)
	return after != nil && (before == nil || before.Message != after.Message)
}

// reported is the state of a pod by itself and by what kube-scheduler reported.
func (e *entry) reported(pod *corev1.Pod, own State) State {
	if own.unjudged() && e.report.finding != nil && e.report.generation == pod.Generation {
		return Flagged
	}
	return own
}
