package rules

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Snapshot is all that a decision looks at. Its objects are read only.
type Snapshot struct {
	// Pod is the one to evict; nil if nobody knows it.
	Pod *corev1.Pod
	// Budgets are the PodDisruptionBudgets that match the pod.
	Budgets []*policyv1.PodDisruptionBudget
	// Owner makes the pod anew.
	Owner Owner
	// NodeOverride is the override annotation of the pod's Node; empty if it has none.
	NodeOverride string
	// NodeLost says that the kubelet of the pod's Node has stopped reporting.
	NodeLost bool
	// Pace tells of the evictions of the whole cluster.
	Pace Pace
	// Now is the time of the decision.
	Now time.Time
}

// Owner is the controller of a pod. At most one of the objects is set: the Deployment in place of its ReplicaSet. None is set for
// controllers of other kinds, and for those that are not known yet.
type Owner struct {
	Deployment  *appsv1.Deployment
	StatefulSet *appsv1.StatefulSet
	ReplicaSet  *appsv1.ReplicaSet
	// Crew are the pods of the controller, all ReplicaSets of a Deployment together.
	Crew Crew
}

// Crew counts the pods of one controller.
type Crew struct {
	// Live are those that neither finished nor are on their way out.
	Live int
	// OthersReady are the live ones that are ready, the pod of the decision left out.
	OthersReady int
	// Changed is when a pod was last created, became ready or unready, or was deleted; zero when nobody knows.
	Changed time.Time
}

// Pace is how fast the cluster evicts.
type Pace struct {
	// Limit is how many pods may be evicted in a minute; 0 means no limit.
	Limit int
	// Evicted are the pods evicted in the minute before the decision.
	Evicted int
	// Free is when the next may go, if Evicted has reached Limit.
	Free time.Time
}

// wanted is how many pods the controller should have, and what it is called. The name is empty for a pod without a controller whose
// pods stand in for each other.
func (s *Snapshot) wanted() (count int, name string) {
	switch o := s.Owner; {
	case o.Deployment != nil:
		return replicas(o.Deployment.Spec.Replicas), "Deployment " + o.Deployment.Name
	case o.StatefulSet != nil:
		return replicas(o.StatefulSet.Spec.Replicas), "StatefulSet " + o.StatefulSet.Name
	case o.ReplicaSet != nil:
		return replicas(o.ReplicaSet.Spec.Replicas), "ReplicaSet " + o.ReplicaSet.Name
	}
	ref := metav1.GetControllerOfNoCopy(s.Pod)
	// A pod that ends by itself is a piece of work, which the next one does not stand in for.
	if ref == nil || s.Pod.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		return 0, ""
	}
	return s.Owner.Crew.Live, ref.Kind + " " + ref.Name
}

// replicas is the wanted number of a controller; the API server fills in 1.
func replicas(spec *int32) int {
	if spec == nil {
		return 1
	}
	return int(*spec)
}

// Ready reports whether a pod counts as serving. One that the API server has begun to evict does not.
func Ready(pod *corev1.Pod) bool {
	ready := false
	for i := range pod.Status.Conditions {
		condition := &pod.Status.Conditions[i]
		switch condition.Type {
		case corev1.PodReady:
			ready = condition.Status == corev1.ConditionTrue
		case corev1.DisruptionTarget:
			if condition.Status == corev1.ConditionTrue {
				return false
			}
		}
	}
	return ready
}
