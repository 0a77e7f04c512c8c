package node

import (
	"fmt"
	"slices"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// noExecute holds back a taint that deletes pods which have to move. One that a pod tolerates for a while lets it leave as its author
// wished. Pods of DaemonSets lose nothing that they could keep elsewhere.
func noExecute(s *Situation) *Verdict {
	var moving, ofNode []*corev1.Pod
	for _, pod := range s.Pods {
		switch {
		case workload.Finished(pod) || tolerates(pod, s.Added):
		case workload.MustMove(pod):
			moving = append(moving, pod)
		default:
			ofNode = append(ofNode, pod)
		}
	}
	if len(moving) > 0 {
		return refuse(NoExecuteTaint, fmt.Sprintf("taint %s deletes %s on Node %s at once, without their PodDisruptionBudgets being asked: "+
			"use the effect NoSchedule and kubectl drain, or say why in the annotation %s of the Node", s.Added[0].ToString(), names(moving), s.Node.Name,
			v1alpha1.AnnotationEvictionOverride))
	}
	if len(ofNode) > 0 {
		return allow(fmt.Sprintf("taint %s also deletes pods of the Node itself: %s", s.Added[0].ToString(), names(ofNode)))
	}
	return nil
}

// added are the NoExecute taints of a Node that it did not have with the same value.
func added(before, after *corev1.Node) []corev1.Taint {
	var found []corev1.Taint
	for _, taint := range after.Spec.Taints {
		same := func(t corev1.Taint) bool { return t.MatchTaint(&taint) && t.Value == taint.Value }
		if taint.Effect == corev1.TaintEffectNoExecute && !slices.ContainsFunc(before.Spec.Taints, same) {
			found = append(found, taint)
		}
	}
	return found
}

func tolerates(pod *corev1.Pod, taints []corev1.Taint) bool {
	_, untolerated := schedulinghelper.FindMatchingUntoleratedTaint(logr.Discard(), taints, pod.Spec.Tolerations, nil, true)
	return !untolerated
}
