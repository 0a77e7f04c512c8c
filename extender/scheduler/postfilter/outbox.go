package postfilter

import (
	"context"
	"time"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

// maxBatch is how many failures are looked at together.
const maxBatch = 1000

// outbox delivers what is in the queue. Pods that failed for the same reasons, as the replicas of one workload do, share a report.
type outbox struct {
	queue   <-chan failure
	recent  *recent
	deliver func(context.Context, *diagnosis.Report) error
}

// run delivers until the context ends.
func (o *outbox) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-o.queue:
			for _, l := range o.collect(first) {
				o.send(ctx, l)
			}
		}
	}
}

// letter is a report that is on its way.
type letter struct {
	mark   mark
	report *diagnosis.Report
}

// collect takes what is in the queue, waits for nothing, and makes letters of what is not a repetition.
func (o *outbox) collect(first failure) []letter {
	var letters []letter
	open := map[mark]int{} // the last letter of each diagnosis
	now := time.Now()
	for next, taken := first, 1; ; taken++ {
		m := markOf(next.groups)
		switch at, known := open[m]; {
		case o.recent.has(next.pod, m, now):
			count(resultRepeated, 1)
		case known && len(letters[at].report.Pods) < diagnosis.MaxPods:
			letters[at].report.Pods = append(letters[at].report.Pods, next.pod)
			o.recent.add(next.pod, m, now)
		default:
			open[m] = len(letters)
			tidy(next.groups)
			letters = append(letters, letter{m, &diagnosis.Report{Pods: []diagnosis.Pod{next.pod}, Nodes: next.nodes, Groups: next.groups}})
			o.recent.add(next.pod, m, now)
		}
		if taken == maxBatch {
			return letters
		}
		select {
		case next = <-o.queue:
		default:
			return letters
		}
	}
}

// send delivers a letter. One that nobody took is forgotten, so that the next failure of its pods is told.
func (o *outbox) send(ctx context.Context, l letter) {
	if err := o.deliver(ctx, l.report); err != nil {
		count(resultFailed, len(l.report.Pods))
		o.recent.forget(l.report.Pods)
		return
	}
	count(resultSent, len(l.report.Pods))
}
