package node

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// foreign lets Nodes pass that the autoscaler did not make.
func foreign(s *Situation) *Verdict {
	if s.Node.Labels[v1alpha1.LabelManaged] == "true" {
		return nil
	}
	return allow()
}

func trusted(s *Situation) *Verdict {
	if !s.Trusted {
		return nil
	}
	return allow()
}

// leaving lets the deletion of a Node be asked for again.
func leaving(s *Situation) *Verdict {
	if s.Node.DeletionTimestamp == nil {
		return nil
	}
	return allow()
}

// lost lets Nodes pass whose kubelet does not say that it is well: Kubernetes itself is about to give their pods up.
func lost(s *Situation) *Verdict {
	if ready(s.Node) {
		return nil
	}
	moving := workloads(s)
	if len(moving) == 0 {
		return allow()
	}
	return allow(fmt.Sprintf("Node %s is not ready: its pods go without their PodDisruptionBudgets being asked: %s", s.Node.Name, names(moving)))
}

func ready(node *corev1.Node) bool {
	for i := range node.Status.Conditions {
		if c := &node.Status.Conditions[i]; c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
