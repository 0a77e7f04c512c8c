package eviction

import (
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Index holds the cluster so that a decision looks up what it needs and lists nothing. It keeps the objects that it is given, which
// must not be changed afterwards. It may be used from several goroutines.
type Index struct {
	limit int

	mu      sync.Mutex
	pods    pods
	owners  owners
	budgets budgets
	nodes   nodes
	recent  recent
	granted granted
	synced  []func() bool
}

// NewIndex makes an empty index for a cluster that may evict so many pods a minute; 0 means any number.
func NewIndex(evictionsPerMinute int) *Index {
	return &Index{
		limit:   evictionsPerMinute,
		pods:    newPods(),
		owners:  newOwners(),
		budgets: newBudgets(),
		nodes:   nodes{},
		granted: newGranted(),
	}
}

// Put takes note of an object that was created or changed. It knows pods, Nodes, PodDisruptionBudgets, Deployments, StatefulSets and
// ReplicaSets.
func (i *Index) Put(object client.Object) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch o := object.(type) {
	case *corev1.Pod:
		i.putPod(o)
	case *corev1.Node:
		i.nodes.put(o)
	case *policyv1.PodDisruptionBudget:
		i.budgets.put(o)
	case *appsv1.Deployment:
		i.owners.deployments[o.UID] = o
	case *appsv1.StatefulSet:
		i.owners.statefulSets[o.UID] = o
	case *appsv1.ReplicaSet:
		i.owners.putReplicaSet(o)
	}
}

// Drop takes note of an object that is gone.
func (i *Index) Drop(object client.Object) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch o := object.(type) {
	case *corev1.Pod:
		i.pods.drop(client.ObjectKeyFromObject(o))
		i.granted.drop(o.UID)
	case *corev1.Node:
		delete(i.nodes, o.Name)
	case *policyv1.PodDisruptionBudget:
		i.budgets.drop(o)
	case *appsv1.Deployment:
		delete(i.owners.deployments, o.UID)
	case *appsv1.StatefulSet:
		delete(i.owners.statefulSets, o.UID)
	case *appsv1.ReplicaSet:
		i.owners.dropReplicaSet(o)
	}
}

func (i *Index) putPod(pod *corev1.Pod) {
	before := i.pods.put(pod)
	if at, evicted := evictedAt(pod); evicted {
		i.granted.drop(pod.UID)
		if before == nil || before.UID != pod.UID || !wasEvicted(before) {
			i.recent.add(at)
		}
	}
	if pod.DeletionTimestamp != nil {
		i.granted.drop(pod.UID)
	}
}
