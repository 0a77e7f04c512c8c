package v1alpha1

// KeyPrefix starts every label, annotation and taint key that belongs to the autoscaler. Users may not set such keys on the
// nodes of a NodeGroup.
const KeyPrefix = "autoscaler.vpsie.com/"

// Labels that the autoscaler puts on VPSieNodes and on the Nodes they become.
const (
	// LabelManaged is "true" on every Node and VPSieNode that the autoscaler made.
	LabelManaged = KeyPrefix + "managed"
	// LabelNodeGroup is the name of the NodeGroup that a node belongs to.
	LabelNodeGroup = KeyPrefix + "nodegroup"
	// LabelNodeGroupNamespace is the namespace of that NodeGroup.
	LabelNodeGroupNamespace = KeyPrefix + "nodegroup-namespace"
	// LabelVPSieNode is the name of the VPSieNode that a Node came from.
	LabelVPSieNode = KeyPrefix + "vpsienode"
	// LabelDatacenter is the identifier of the data centre that the machine stands in.
	LabelDatacenter = KeyPrefix + "datacenter"
	// LabelOffering is the identifier of the VPSie plan that the machine was bought as.
	LabelOffering = KeyPrefix + "offering"
	// LabelCapacityType says on what terms the machine was bought: on-demand or spot.
	LabelCapacityType = KeyPrefix + "capacity-type"
)

// Tags that every machine carries at VPSie.
const (
	// TagManaged is "true".
	TagManaged = KeyPrefix + "managed"
	// TagNodeGroup is the name of the NodeGroup.
	TagNodeGroup = KeyPrefix + "nodegroup"
	// TagCluster is the UID of the namespace kube-system, which no two clusters share.
	TagCluster = KeyPrefix + "cluster"
	// TagVersion is the version of the autoscaler that ordered the machine.
	TagVersion = KeyPrefix + "version"
)

// MaxNodeGroupName is the length of the longest name of a NodeGroup: a machine's host name holds at most 63 characters, of which
// 13 are the cluster's prefix and 13 the random end.
const MaxNodeGroupName = 36

// TaintUninitialized keeps ordinary pods off a node from the moment it registers until its labels and taints are in place, and, if the
// machine was bought for pods, until it is ready and they are nominated for it.
const TaintUninitialized = KeyPrefix + "uninitialized"

// AnnotationScaleDownStarted holds, on a Node that was cordoned in order to be removed, the time of that decision in RFC 3339.
const AnnotationScaleDownStarted = KeyPrefix + "scale-down-started"

// AnnotationScaleDownDisabled on a Node, with the value "true", keeps the autoscaler from removing it.
const AnnotationScaleDownDisabled = KeyPrefix + "scale-down-disabled"

// Finalizers.
const (
	// FinalizerVPSieNode is released when the machine of a VPSieNode is proven gone.
	FinalizerVPSieNode = "vpsienode.autoscaler.vpsie.com/finalizer"
	// FinalizerNodeGroup is released when no VPSieNode of the group is left.
	FinalizerNodeGroup = "nodegroup.autoscaler.vpsie.com/finalizer"
)

// Keys on namespaces and pods that the admission webhook reads and writes.
const (
	// LabelPodMutation on a namespace, with the value "enabled", lets the webhook add to the pods created there.
	LabelPodMutation = KeyPrefix + "pod-mutation"
	// LabelPodValidation on a namespace says what happens to pods there that could never run: "warn", "deny" or "off". Without it,
	// webhook.podPolicy of the configuration decides.
	LabelPodValidation = KeyPrefix + "pod-validation"
	// LabelPodNodeGroup on a pod names the NodeGroup it wants to run on.
	LabelPodNodeGroup = KeyPrefix + "node-group"
	// AnnotationPodMutations on a pod lists what the webhook added to it.
	AnnotationPodMutations = KeyPrefix + "mutations"
)

// Annotations that the admission webhook reads when a pod is to be evicted.
const (
	// AnnotationDoNotDisrupt on a pod refuses its eviction: "true" until the annotation is taken off, a duration such as "90m" for that
	// long after the pod's start. "false" is as if it were not there.
	AnnotationDoNotDisrupt = KeyPrefix + "do-not-disrupt"
	// AnnotationEvictionOverride on a pod, or on the Node it runs on, says why the pod may be evicted although the webhook would refuse
	// it. PodDisruptionBudgets hold all the same. On a Node it also lets that be deleted and be tainted NoExecute while pods run on
	// it, of which no budget is asked. Setting it takes the verb create on evictionoverrides of this API group.
	AnnotationEvictionOverride = KeyPrefix + "eviction-override"
)
