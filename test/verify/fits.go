package verify

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Fits tells why a pod that waits may not go to a node of the snapshot with what runs there now, or nil. It is for comparing the rules
// of this package with those of the real scheduler.
func Fits(s *plan.Snapshot, pod *corev1.Pod, node string) error {
	w := newWorld(s)
	h := w.byName[node]
	if h == nil {
		return fmt.Errorf("node %s does not exist", node)
	}
	return w.allows(w.pod(pod), h)
}
