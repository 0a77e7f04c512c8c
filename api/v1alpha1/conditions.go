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
	// ConditionConfigured is True once the machine carries the tags and SSH keys that it should. False does not hold it back.
	ConditionConfigured = "Configured"
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
	// ReasonUnsupportedByProvider: the NodeGroup asks for what machines cannot be given the way they are bought here.
	ReasonUnsupportedByProvider = "UnsupportedByProvider"

	ReasonRequested      = "Requested"
	ReasonMachineListed  = "MachineListed"
	ReasonSoldOut        = "SoldOut"
	ReasonNotSold        = "NotSold"
	ReasonQuotaExceeded  = "QuotaExceeded"
	ReasonRateLimited    = "RateLimited"
	ReasonInvalidRequest = "InvalidRequest"
	// ReasonInvalidBootstrap: a template, variable or key of the NodeGroup is wrong, so nothing was asked of the cloud.
	ReasonInvalidBootstrap = "InvalidBootstrap"
	// ReasonGroupDeleted: nothing is bought any more for a NodeGroup that is being deleted or does not exist.
	ReasonGroupDeleted  = "GroupDeleted"
	ReasonLaunchTimeout = "ProvisioningTimeout"
	ReasonMachineLost   = "MachineLost"
	ReasonMachineBroken = "MachineBroken"
	// ReasonMachineMissing: the cloud no longer lists the machine, and its Node is not ready.
	ReasonMachineMissing = "MachineMissing"
	ReasonConfigured     = "Configured"
	// ReasonConfigureFailed: tags or SSH keys could not be put on the machine; it is tried again.
	ReasonConfigureFailed = "ConfigureFailed"
	ReasonNodeAwaited     = "NodeAwaited"
	ReasonNodeJoined      = "NodeJoined"
	ReasonJoinTimeout     = "JoiningTimeout"
	// ReasonReadyTimeout: the Node has joined and did not become ready in time.
	ReasonReadyTimeout = "ReadyTimeout"
	ReasonNodeReady    = "NodeReady"
	ReasonNodeNotReady = "NodeNotReady"
	ReasonNodeMissing  = "NodeMissing"
	ReasonNoWorkload   = "NoWorkload"
	ReasonWorkload     = "Workload"
	ReasonDraining     = "Draining"
	ReasonDrained      = "Drained"
)

// Reasons for which a VPSieNode is made.
const (
	// DecisionPendingPods marks a node bought for pods that kube-scheduler could not place.
	DecisionPendingPods = "PendingPods"
	// DecisionDesiredNodes marks a node bought to bring its group to minNodes or desiredNodes.
	DecisionDesiredNodes = "DesiredNodes"
)
