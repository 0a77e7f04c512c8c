package rules

import appsv1 "k8s.io/api/apps/v1"

// ofStatefulSet compares revisions. Its controller knows no deadline and never says that a rollout has stalled.
func ofStatefulSet(set *appsv1.StatefulSet) rollout {
	status := &set.Status
	if status.ObservedGeneration < set.Generation {
		return rollout{unseen: true}
	}
	if set.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return rollout{} // the deletion of its pods is what updates it
	}
	partition := partitionOf(set)
	r := rollout{
		wanted:  max(int32(replicas(set.Spec.Replicas))-partition, 0),
		updated: status.UpdatedReplicas, available: status.AvailableReplicas,
	}
	if status.UpdateRevision != status.CurrentRevision {
		// The revisions become the same when all pods are updated and ready, and stay apart behind a partition.
		r.running = r.updated < r.wanted || partition == 0
	}
	return r
}

// partitionOf is how many of the first pods keep the old revision.
func partitionOf(set *appsv1.StatefulSet) int32 {
	if rolling := set.Spec.UpdateStrategy.RollingUpdate; rolling != nil && rolling.Partition != nil {
		return *rolling.Partition
	}
	return 0
}
