package scenario

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// takeDaemonSet makes the pod that the DaemonSet controller would make.
func takeDaemonSet(e *element) {
	set := takeObject[appsv1.DaemonSet](e, "apps/v1", "DaemonSet", true)
	if set == nil {
		return
	}
	e.checkPodSpec(&set.Spec.Template.Spec, "spec", "template", "spec")
	snapshot := &e.reader.scenario.Snapshot
	snapshot.Daemons = append(snapshot.Daemons, workload.DaemonPod(set))
}
