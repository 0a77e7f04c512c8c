package unschedulable

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// early are reports about pods that were not seen yet.
type early map[types.UID]report

// put keeps a report in place of the last one about the pod, unless there are too many.
func (e *early) put(pod types.UID, r report, s *shelf) bool {
	if len(*e) >= maxEarly {
		e.expire(r.at, s)
	}
	old, known := (*e)[pod]
	if !known && len(*e) >= maxEarly {
		return false
	}
	if *e == nil {
		*e = early{}
	}
	s.release(old.finding)
	(*e)[pod] = r
	return true
}

// pull gives the report about a pod, which is none without a finding, and keeps it no longer.
func (e early) pull(pod types.UID, now time.Time, s *shelf) report {
	r := e[pod]
	delete(e, pod)
	if r.finding != nil && r.expired(now) {
		s.release(r.finding)
		return report{}
	}
	return r
}

func (r report) expired(now time.Time) bool { return now.Sub(r.at) >= earlyFor }

// expire drops those that were kept for long enough.
func (e early) expire(now time.Time, s *shelf) {
	for pod, r := range e {
		if r.expired(now) {
			s.release(r.finding)
			delete(e, pod)
		}
	}
}
