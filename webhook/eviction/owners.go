package eviction

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// owners are the controllers of pods.
type owners struct {
	deployments  map[types.UID]*appsv1.Deployment
	statefulSets map[types.UID]*appsv1.StatefulSet
	replicaSets  map[types.UID]*appsv1.ReplicaSet
	// setsOf are the ReplicaSets of each Deployment.
	setsOf map[types.UID]map[types.UID]struct{}
}

func newOwners() owners {
	return owners{
		deployments:  map[types.UID]*appsv1.Deployment{},
		statefulSets: map[types.UID]*appsv1.StatefulSet{},
		replicaSets:  map[types.UID]*appsv1.ReplicaSet{},
		setsOf:       map[types.UID]map[types.UID]struct{}{},
	}
}

func (o *owners) putReplicaSet(set *appsv1.ReplicaSet) {
	o.dropReplicaSet(set)
	o.replicaSets[set.UID] = set
	if deployment := metav1.GetControllerOfNoCopy(set); deployment != nil {
		if o.setsOf[deployment.UID] == nil {
			o.setsOf[deployment.UID] = map[types.UID]struct{}{}
		}
		o.setsOf[deployment.UID][set.UID] = struct{}{}
	}
}

func (o *owners) dropReplicaSet(set *appsv1.ReplicaSet) {
	known := o.replicaSets[set.UID]
	if known == nil {
		return
	}
	delete(o.replicaSets, set.UID)
	if deployment := metav1.GetControllerOfNoCopy(known); deployment != nil {
		delete(o.setsOf[deployment.UID], set.UID)
		if len(o.setsOf[deployment.UID]) == 0 {
			delete(o.setsOf, deployment.UID)
		}
	}
}

// of finds the owner of a pod, and the controllers whose pods are its crew. A ReplicaSet stands for itself when it belongs to
// something other than a Deployment that is known.
func (o *owners) of(pod *corev1.Pod) (owner rules.Owner, controllers []types.UID) {
	direct := controllerOf(pod)
	if direct == "" {
		return owner, nil
	}
	set := o.replicaSets[direct]
	if set == nil {
		owner.StatefulSet = o.statefulSets[direct]
		return owner, []types.UID{direct}
	}
	above := metav1.GetControllerOfNoCopy(set)
	if above == nil || o.deployments[above.UID] == nil {
		owner.ReplicaSet = set
		return owner, []types.UID{direct}
	}
	owner.Deployment = o.deployments[above.UID]
	for uid := range o.setsOf[above.UID] {
		controllers = append(controllers, uid)
	}
	return owner, controllers
}
