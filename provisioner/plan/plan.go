// Package plan decides which machines to buy. It is pure: Make takes a snapshot of the cluster and the market and returns a
// plan with reasons, and the same snapshot always gives the same plan. The controller, the command line, the tests and the
// benchmarks all call this one function.
package plan

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Snapshot is everything a plan is made from. Make reads it and never changes it.
type Snapshot struct {
	// Pods wait for a node. Their order does not matter. Those that do not wait for one, or not for us, are left with a reason.
	Pods []*corev1.Pod
	// Nodes exist or are on their way. Pods are placed on them before anything is bought.
	Nodes []Node
	// Leaving is the allocatable of each node that is on its way out: nothing is placed there, but it counts against Limits.
	Leaving []corev1.ResourceList
	// Daemons are one pod template for each DaemonSet: what will land on a new node before any other pod.
	Daemons []*corev1.Pod
	// Groups say what may be bought.
	Groups []Group
	// Offerings are the market.
	Offerings []Offering
	// Namespaces are the labels of each namespace by its name, for affinity terms with a namespace selector.
	Namespaces map[string]map[string]string
	// Storage is what the pods' persistent volume claims lead to.
	Storage Storage
	// Limits hold for the whole cluster.
	Limits Limits
	// Policy is what the user wants beyond what the scheduler enforces.
	Policy Policy
}

// Storage is the part of the cluster's storage objects that decides where a pod with claims may run.
type Storage struct {
	Claims  []*corev1.PersistentVolumeClaim
	Volumes []*corev1.PersistentVolume
	Classes []*storagev1.StorageClass
}

// Policy is what the user wants of plans. The zero value wants nothing beyond what the scheduler enforces.
type Policy struct {
	// SchedulerNames are the schedulers whose pods get nodes; empty means those of any scheduler.
	SchedulerNames []string
	// PriorityCutoff is the priority below which no node is bought for a pod; it may still use nodes that exist. Nil means none.
	PriorityCutoff *int32
	// PreferenceShare is how much dearer a plan may be that honours soft preferences, as a share of the price of one that does
	// not look at them: 0.05 is five per cent. Zero honours what costs nothing.
	PreferenceShare float64
}

// Node is a node that exists or is on its way.
type Node struct {
	Name          string
	Labels        map[string]string
	Taints        []corev1.Taint
	Unschedulable bool
	Allocatable   corev1.ResourceList
	// Pods run on the node or are bound to it; their requests are taken off Allocatable.
	Pods []*corev1.Pod
	// InFlight marks a node that was bought and has not joined: its labels and resources are a forecast.
	InFlight bool
	// Expected are waiting pods that the node was planned for before. They go there again if that is still allowed.
	Expected []types.NamespacedName
	// AttachLimits is the number of volumes of each CSI driver that the node can attach; a driver that is missing has no limit.
	AttachLimits map[string]int
}

// Group is a NodeGroup as the planner sees it.
type Group struct {
	// Key is the group's namespace/name.
	Key string
	// Nodes is the number of nodes it has, those on their way included and those being removed excluded.
	Nodes int
	// Desired is the number of nodes to bring the group to even without pods. It is at most Max.
	Desired int
	// Max is the number of nodes it may have.
	Max int
	// ScaleUp says whether nodes may be added for pending pods.
	ScaleUp bool
	// DatacenterID is where its machines stand.
	DatacenterID string
	// OfferingIDs are the offerings it may buy; empty means every one of its data centre.
	OfferingIDs []string
	// PreferredOfferingID is an offering to take where it costs at most Policy.PreferenceShare more than others; empty means none.
	PreferredOfferingID string
	// Priority decides between groups whose nodes would do for a pod: those with the highest one are used first.
	Priority int
	// AttachLimits is a forecast of Node.AttachLimits for its future nodes.
	AttachLimits map[string]int
	// Labels and Taints are those of its future nodes.
	Labels map[string]string
	Taints []corev1.Taint
}

// Offering is something that can be bought in one data centre.
type Offering struct {
	ID           string
	Name         string // for people
	DatacenterID string
	// Labels are those that the machine itself brings: architecture, operating system, instance type, zone.
	Labels map[string]string
	// Allocatable is what pods find on such a node, before DaemonSets.
	Allocatable corev1.ResourceList
	Price       money.PerHour
	// SoldOut says that it cannot be had at the moment.
	SoldOut bool
}

// Limits hold for the whole cluster. The zero value limits nothing.
type Limits struct {
	// MaxNewNodes is the number of nodes that one plan may buy; zero means any number.
	MaxNewNodes int
	// MaxNodes is the number of nodes that the cluster may have, those of the snapshot included, leaving ones too; zero means any number.
	MaxNodes int
	// MaxResources is the sum of allocatable resources that the cluster's nodes may have, those of the snapshot included, leaving ones too. A
	// resource that is missing has no limit.
	MaxResources corev1.ResourceList
}

// Plan is what to do and why.
type Plan struct {
	// NewNodes are the machines to buy.
	NewNodes []NewNode
	// Placed are the pods that fit on nodes which exist or are on their way.
	Placed []Placement
	// Left are the pods for which nothing is done, each with one reason.
	Left []Unplaced
	// Price is what the new nodes cost together.
	Price money.PerHour
	// LowerBound is a price below which no set of machines can hold the pods placed on new nodes. Zero is always valid.
	LowerBound money.PerHour
	// Gap is how much the nodes bought for pods cost above LowerBound, as a share of it: 0.02 is two per cent. It is zero
	// without such nodes or without a bound.
	Gap float64
}

// NewNode is a machine to buy.
type NewNode struct {
	// GroupKey is the group it belongs to.
	GroupKey string
	// Offering points into the snapshot's offerings.
	Offering *Offering
	// Pods are the pods it is bought for; none when it is bought to reach the group's desired size.
	Pods []*corev1.Pod
	// Considered are the offerings that were looked at in order of price, the chosen one included; at most MaxConsidered.
	Considered []Considered
}

// MaxConsidered bounds the decision record of a new node.
const MaxConsidered = 16

// Considered is one offering that was looked at for a node.
type Considered struct {
	Offering *Offering
	// Verdict is VerdictChosen, or says why the offering was passed over.
	Verdict string
}

// VerdictChosen marks the offering that was chosen.
const VerdictChosen = "chosen"

// Placement is a pod that fits on a node which exists or is on its way.
type Placement struct {
	Pod  *corev1.Pod
	Node string
	// Late says that the pod fits there once pods of other nodes in the plan have their place, and maybe not before.
	Late bool
}

// Unplaced is a pod for which nothing is done.
type Unplaced struct {
	Pod    *corev1.Pod
	Reason Reason
	// Message names what is missing, for people.
	Message string
}

// Reason says why nothing is done for a pod. Its values are part of the API.
type Reason string

// Reasons for which nothing is done for a pod. Those of the first block say that the pod itself does not ask for a node now, those of the second
// that no node could help, and those of the third that one could but may not be had.
const (
	// ReasonNotPending: the pod is bound, finished, being deleted, or a static pod's mirror.
	ReasonNotPending Reason = "NotPending"
	// ReasonOtherScheduler: spec.schedulerName names a scheduler whose pods get no nodes from us.
	ReasonOtherScheduler Reason = "OtherScheduler"
	// ReasonSchedulingGated: spec.schedulingGates is not empty.
	ReasonSchedulingGated Reason = "SchedulingGated"
	// ReasonPreemption: kube-scheduler will make room for the pod by preempting pods of lower priority.
	ReasonPreemption Reason = "Preemption"

	// ReasonResourceClaims: the pod has claims for devices (dynamic resource allocation), and no offering promises devices.
	ReasonResourceClaims Reason = "ResourceClaims"
	// ReasonVolumes: a volume of the pod does not exist, is not bound, is in use elsewhere, or can be reached by no node.
	ReasonVolumes Reason = "Volumes"
	// ReasonTooLarge: no offering of any suitable group is large enough.
	ReasonTooLarge Reason = "TooLarge"
	// ReasonNoMatchingGroup: no group's nodes satisfy the pod's node selector, node affinity and tolerations.
	ReasonNoMatchingGroup Reason = "NoMatchingGroup"
	// ReasonHostPort: a DaemonSet takes the pod's host port on every node that would do.
	ReasonHostPort Reason = "HostPort"
	// ReasonPodAffinity: no node can be near the pods that spec.affinity.podAffinity asks for.
	ReasonPodAffinity Reason = "PodAffinity"
	// ReasonPodAntiAffinity: every topology domain that would do has pods that the pod must not meet, or that must not meet it.
	ReasonPodAntiAffinity Reason = "PodAntiAffinity"
	// ReasonTopologySpread: a node would break spec.topologySpreadConstraints in every topology domain that would do, or the pod would be
	// one too many there for the rules of pods that have their place.
	ReasonTopologySpread Reason = "TopologySpread"

	// ReasonBelowCutoff: the pod's priority is below Policy.PriorityCutoff.
	ReasonBelowCutoff Reason = "BelowCutoff"
	// ReasonSoldOut: the offerings that would do cannot be had at the moment.
	ReasonSoldOut Reason = "SoldOut"
	// ReasonGroupLimit: the groups that would do are at maxNodes, or their scale-up is switched off.
	ReasonGroupLimit Reason = "GroupLimit"
	// ReasonClusterLimit: one of Limits keeps the plan from buying another node.
	ReasonClusterLimit Reason = "ClusterLimit"
)
