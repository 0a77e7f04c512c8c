package rules

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// reasonComplete is what the Deployment controller says of a rollout that is over. It keeps saying so when pods fail later, or are
// evicted, so that their loss is not taken for a rollout.
const reasonComplete = "NewReplicaSetAvailable"

// ofDeployment takes the word of the Deployment controller where it gives one. A paused rollout may stay as it is for days: it
// holds nothing.
func ofDeployment(d *appsv1.Deployment) rollout {
	if d.Spec.Paused {
		return rollout{}
	}
	status := &d.Status
	if status.ObservedGeneration < d.Generation {
		return rollout{unseen: true}
	}
	r := rollout{wanted: int32(replicas(d.Spec.Replicas)), updated: status.UpdatedReplicas, available: status.AvailableReplicas}
	if condition := progressing(d); condition != nil {
		// False says that the deadline has passed or that no pod can be made: the rollout has stalled.
		if condition.Status == corev1.ConditionFalse || condition.Reason == reasonComplete && status.Replicas == status.UpdatedReplicas {
			return rollout{}
		}
		r.timed = true
	}
	// Pods that are missing altogether are not available either.
	r.running = status.Replicas > status.UpdatedReplicas || r.available < r.wanted
	return r
}

// progressing is nil for a Deployment without a progress deadline.
func progressing(d *appsv1.Deployment) *appsv1.DeploymentCondition {
	for i := range d.Status.Conditions {
		if d.Status.Conditions[i].Type == appsv1.DeploymentProgressing {
			return &d.Status.Conditions[i]
		}
	}
	return nil
}
