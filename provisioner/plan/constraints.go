package plan

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// Constraint is what keeps a pod off a node. Its values are part of the API.
type Constraint string

// Constraints. A node is asked about its labels and taints first, then about its room, then about the rules among pods: what comes first is
// told. A missing volume or a device comes before everything.
const (
	// ConstraintNodeSelector: the node's labels are not those that spec.nodeSelector or the required node affinity ask for.
	ConstraintNodeSelector Constraint = "node_selector"
	// ConstraintTaint: the node has a taint that the pod does not tolerate, or is cordoned.
	ConstraintTaint Constraint = "taint"
	// ConstraintCPU, ConstraintMemory and ConstraintEphemeralStorage: the other pods of the node leave too little of that resource.
	ConstraintCPU              Constraint = "cpu"
	ConstraintMemory           Constraint = "memory"
	ConstraintEphemeralStorage Constraint = "ephemeral_storage"
	// ConstraintPods: the node runs as many pods as it may.
	ConstraintPods Constraint = "pods"
	// ConstraintExtendedResource: the node has too little of another resource, or the pod claims a device.
	ConstraintExtendedResource Constraint = "extended_resource"
	// ConstraintVolume: a volume of the pod does not exist, is in use, cannot be reached from the node, or is one too many to attach there.
	ConstraintVolume Constraint = "volume"
	// ConstraintHostPort: a pod of the node has the host port.
	ConstraintHostPort Constraint = "host_port"
	// ConstraintTopologySpread: the pod would break its spec.topologySpreadConstraints there.
	ConstraintTopologySpread Constraint = "topology_spread"
	// ConstraintAffinity: the pods that spec.affinity.podAffinity asks for are not near.
	ConstraintAffinity Constraint = "affinity"
	// ConstraintAntiAffinity: near are pods that the pod must not meet, or that must not meet it.
	ConstraintAntiAffinity Constraint = "anti_affinity"
	// ConstraintUnknown: there is no node at all, or kube-scheduler refuses a pod for which the planner sees a place.
	ConstraintUnknown Constraint = "unknown"
)

// screenConstraints are the constraints of pods that no node can help. Pods with other reasons to be screened ask for no node now.
var screenConstraints = map[Reason]Constraint{ReasonVolumes: ConstraintVolume, ReasonResourceClaims: ConstraintExtendedResource}

// ruleConstraints are the constraints that rules about neighbours are.
var ruleConstraints = map[topology.Verdict]Constraint{
	topology.BreaksSpread:       ConstraintTopologySpread,
	topology.BreaksAffinity:     ConstraintAffinity,
	topology.BreaksAntiAffinity: ConstraintAntiAffinity,
	topology.BreaksHostPort:     ConstraintHostPort,
	topology.BreaksVolume:       ConstraintVolume,
}

// constraintOf is the constraint of a resource of which a node has too little.
func constraintOf(resource corev1.ResourceName) Constraint {
	switch resource {
	case corev1.ResourceCPU:
		return ConstraintCPU
	case corev1.ResourceMemory:
		return ConstraintMemory
	case corev1.ResourceEphemeralStorage:
		return ConstraintEphemeralStorage
	case corev1.ResourcePods:
		return ConstraintPods
	}
	if _, volumes := attachDriver(resource); volumes {
		return ConstraintVolume
	}
	return ConstraintExtendedResource
}

// ranked are the constraints that a node can have, in two tiers: those of nodes that are meant for others count only when there is no
// other. Within a tier the one on most nodes counts, and of equal ones the first.
var ranked = [][]Constraint{
	{ConstraintCPU, ConstraintMemory, ConstraintEphemeralStorage, ConstraintPods, ConstraintExtendedResource, ConstraintVolume, ConstraintHostPort,
		ConstraintTopologySpread, ConstraintAffinity, ConstraintAntiAffinity},
	{ConstraintNodeSelector, ConstraintTaint},
}

func mainConstraint(nodes map[Constraint]int) Constraint {
	for _, tier := range ranked {
		most := tier[0]
		for _, constraint := range tier {
			if nodes[constraint] > nodes[most] {
				most = constraint
			}
		}
		if nodes[most] > 0 {
			return most
		}
	}
	return ConstraintUnknown
}
