package postfilter

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

// maxRecent is how many pods are remembered, some 100 bytes each.
const maxRecent = 20_000

// recent are the diagnoses that were sent lately.
type recent struct {
	keep time.Duration
	sent map[types.UID]sending
}

type sending struct {
	mark       mark
	generation int64
	at         time.Time
}

func newRecent(keep time.Duration) *recent {
	return &recent{keep: keep, sent: map[types.UID]sending{}}
}

// has reports whether the last diagnosis of this version of the pod was the same, and is fresh.
func (r *recent) has(pod diagnosis.Pod, m mark, now time.Time) bool {
	last, known := r.sent[pod.UID]
	return known && last.mark == m && last.generation == pod.Generation && now.Sub(last.at) < r.keep
}

// add remembers a diagnosis. When there are too many, those that are old are forgotten, or else all.
func (r *recent) add(pod diagnosis.Pod, m mark, now time.Time) {
	if len(r.sent) >= maxRecent {
		for uid, last := range r.sent {
			if now.Sub(last.at) >= r.keep {
				delete(r.sent, uid)
			}
		}
	}
	if len(r.sent) >= maxRecent {
		clear(r.sent)
	}
	r.sent[pod.UID] = sending{m, pod.Generation, now}
}

func (r *recent) forget(pods []diagnosis.Pod) {
	for _, pod := range pods {
		delete(r.sent, pod.UID)
	}
}
