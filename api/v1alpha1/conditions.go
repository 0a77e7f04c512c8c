package v1alpha1

// Condition types of a NodeGroup.
const (
	// ConditionReady on a NodeGroup is True when the group can serve pods: its data centre and offerings are sold, the cloud
	// answers, and no node of it is stuck. On a VPSieNode it is True while the Node runs pods.
	ConditionReady = "Ready"
	// ConditionScaling is True while the group has nodes on their way in or out.
	ConditionScaling = "Scaling"
	// ConditionAtMaxCapacity is True while the group has as many nodes as maxNodes allows.
	ConditionAtMaxCapacity = "AtMaxCapacity"
)

// Condition types of a VPSieNode, in the order in which they come true.
const (
	// ConditionLaunched is Unknown with ReasonRequested from just before the cloud is asked for the machine, and True once the
	// machine is listed there.
	ConditionLaunched = "Launched"
	// ConditionRegistered is True once the Node has joined and carries its labels and taints.
	ConditionRegistered = "Registered"
	// ConditionEmpty is True since the Node last lost its last workload pod.
	ConditionEmpty = "Empty"
	// ConditionDrained is True once a Node that is being removed has no workload pod left.
	ConditionDrained = "Drained"
)

// Reasons of the conditions above.
const (
	ReasonReconciled          = "Reconciled"
	ReasonNodesPending        = "NodesPending"
	ReasonNodesFailed         = "NodesFailed"
	ReasonDeleting            = "Deleting"
	ReasonSteady              = "Steady"
	ReasonBelowMax            = "BelowMax"
	ReasonAtMax               = "AtMax"
	ReasonUnknownDatacenter   = "UnknownDatacenter"
	ReasonNoOffering          = "NoOffering"
	ReasonCloudUnavailable    = "CloudUnavailable"
	ReasonCredentialsRejected = "CredentialsRejected"

	ReasonRequested      = "Requested"
	ReasonMachineListed  = "MachineListed"
	ReasonSoldOut        = "SoldOut"
	ReasonQuotaExceeded  = "QuotaExceeded"
	ReasonRateLimited    = "RateLimited"
	ReasonInvalidRequest = "InvalidRequest"
	ReasonLaunchTimeout  = "ProvisioningTimeout"
	ReasonMachineLost    = "MachineLost"
	ReasonMachineBroken  = "MachineBroken"
	ReasonNodeAwaited    = "NodeAwaited"
	ReasonNodeJoined     = "NodeJoined"
	ReasonJoinTimeout    = "JoiningTimeout"
	ReasonNodeReady      = "NodeReady"
	ReasonNodeNotReady   = "NodeNotReady"
	ReasonNodeMissing    = "NodeMissing"
	ReasonNoWorkload     = "NoWorkload"
	ReasonWorkload       = "Workload"
	ReasonDraining       = "Draining"
	ReasonDrained        = "Drained"
)

// Reasons for which a VPSieNode is made.
const (
	// DecisionPendingPods marks a node bought for pods that kube-scheduler could not place.
	DecisionPendingPods = "PendingPods"
	// DecisionDesiredNodes marks a node bought to bring its group to minNodes or desiredNodes.
	DecisionDesiredNodes = "DesiredNodes"
)
