package workload_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

func TestWhichPodsHaveToLeaveANode(t *testing.T) {
	tests := map[string]struct {
		pod                        *build.PodBuilder
		finished, ofNode, mustMove bool
	}{
		"a running pod":        {pod: build.Pod("p").On("n"), mustMove: true},
		"a replica":            {pod: build.Pod("p").On("n").OwnedBy("ReplicaSet", "web"), mustMove: true},
		"a pending pod":        {pod: build.Pod("p"), mustMove: true},
		"a pod that succeeded": {pod: build.Pod("p").On("n").Phase(corev1.PodSucceeded), finished: true},
		"a pod that failed":    {pod: build.Pod("p").On("n").Phase(corev1.PodFailed), finished: true},
		"a pod of a DaemonSet": {pod: build.Pod("p").On("n").OwnedBy("DaemonSet", "logs"), ofNode: true},
		"a static pod":         {pod: build.Pod("p").On("n").OwnedBy("Node", "n"), ofNode: true},
		"a mirror pod":         {pod: build.Pod("p").On("n").Mirror(), ofNode: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pod := test.pod.Obj()
			if got := workload.Finished(pod); got != test.finished {
				t.Errorf("Finished = %t", got)
			}
			if got := workload.OfNode(pod); got != test.ofNode {
				t.Errorf("OfNode = %t", got)
			}
			if got := workload.MustMove(pod); got != test.mustMove {
				t.Errorf("MustMove = %t", got)
			}
		})
	}
}
