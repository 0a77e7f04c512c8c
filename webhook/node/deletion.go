package node

import (
	"fmt"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// workloadsLeft holds a Node as long as pods have to move, a drain under way or not.
func workloadsLeft(s *Situation) *Verdict {
	moving := workloads(s)
	if len(moving) == 0 {
		return nil
	}
	return refuse(WorkloadsLeft, fmt.Sprintf("Node %s still runs %s: deleting the Node ends them without asking their PodDisruptionBudgets: %s",
		s.Node.Name, names(moving), remedy(s)))
}

// notDrained holds an empty Node that takes new pods and was not given up on the record.
func notDrained(s *Situation) *Verdict {
	if s.Node.Spec.Unschedulable || drains(s) {
		return nil
	}
	return refuse(NotDrained, fmt.Sprintf("Node %s is not drained: a pod may be bound to it at any moment: %s", s.Node.Name, remedy(s)))
}

// machineStays says what the deletion of a Node leaves behind.
func machineStays(s *Situation) *Verdict {
	if s.VPSieNode == nil || s.VPSieNode.DeletionTimestamp != nil {
		return nil
	}
	return allow(fmt.Sprintf("the machine of Node %s goes on: kubectl delete vpsienode -n %s %s removes it too", s.Node.Name, s.VPSieNode.Namespace,
		s.VPSieNode.Name))
}

// drains reports whether there is a record that the Node is to go.
func drains(s *Situation) bool {
	return s.Node.Annotations[v1alpha1.AnnotationScaleDownStarted] != "" || s.VPSieNode != nil && s.VPSieNode.DeletionTimestamp != nil
}

func remedy(s *Situation) string {
	switch {
	case s.VPSieNode == nil:
		return fmt.Sprintf("run kubectl drain --ignore-daemonsets %s first", s.Node.Name)
	case s.VPSieNode.DeletionTimestamp != nil:
		return fmt.Sprintf("VPSieNode %s/%s is being deleted, drains the Node and then deletes it: wait for that", s.VPSieNode.Namespace, s.VPSieNode.Name)
	}
	return fmt.Sprintf("run kubectl delete vpsienode -n %s %s, which drains the Node and removes its machine as well, or kubectl drain "+
		"--ignore-daemonsets %s first", s.VPSieNode.Namespace, s.VPSieNode.Name, s.Node.Name)
}
