package v1alpha1

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// VPSieNode is one VPSie machine, from the decision to buy it until it is proven gone. Its name is the host name of the
// machine and the name of the Node it becomes, and is never used twice.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=vn,categories=vpsie
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Group",type=string,JSONPath=`.spec.nodeGroupName`
// +kubebuilder:printcolumn:name="Offering",type=string,JSONPath=`.spec.offeringName`
// +kubebuilder:printcolumn:name="Price",type=string,JSONPath=`.spec.decision.pricePerHour`
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Machine",type=string,JSONPath=`.status.machineID`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must have at most 63 characters: it is the host name of the machine"
// +kubebuilder:validation:XValidation:rule="!self.metadata.name.contains('.')",message="metadata.name must have no dots: it is the host name of the machine"
type VPSieNode struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   VPSieNodeSpec   `json:"spec"`
	Status VPSieNodeStatus `json:"status,omitempty"`
}

// VPSieNodeSpec is the intent: what to buy and why. But for its tags it never changes.
//
// +kubebuilder:validation:XValidation:rule="self.nodeGroupName == oldSelf.nodeGroupName && self.offeringID == oldSelf.offeringID && self.datacenterID == oldSelf.datacenterID && has(self.offeringName) == has(oldSelf.offeringName) && (!has(self.offeringName) || self.offeringName == oldSelf.offeringName) && has(self.osImageID) == has(oldSelf.osImageID) && (!has(self.osImageID) || self.osImageID == oldSelf.osImageID) && has(self.labels) == has(oldSelf.labels) && (!has(self.labels) || self.labels == oldSelf.labels) && has(self.taints) == has(oldSelf.taints) && (!has(self.taints) || self.taints == oldSelf.taints) && has(self.capacity) == has(oldSelf.capacity) && (!has(self.capacity) || self.capacity == oldSelf.capacity) && has(self.allocatable) == has(oldSelf.allocatable) && (!has(self.allocatable) || self.allocatable == oldSelf.allocatable) && has(self.decision) == has(oldSelf.decision) && (!has(self.decision) || self.decision == oldSelf.decision) && has(self.sshKeyIds) == has(oldSelf.sshKeyIds) && (!has(self.sshKeyIds) || self.sshKeyIds == oldSelf.sshKeyIds)",message="a VPSieNode's spec cannot be changed but for its tags: delete it, and the autoscaler makes another where one is needed"
type VPSieNodeSpec struct {
	// NodeGroupName is the NodeGroup, in the same namespace, that the node belongs to.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	NodeGroupName string `json:"nodeGroupName"`

	// OfferingID is the identifier of the VPSie plan to buy.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	OfferingID string `json:"offeringID"`

	// OfferingName is the plan's name for people, such as "G-4".
	// +kubebuilder:validation:MaxLength=253
	// +optional
	OfferingName string `json:"offeringName,omitempty"`

	// DatacenterID is the identifier of the data centre to buy it in.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	DatacenterID string `json:"datacenterID"`

	// OSImageID is the identifier of the image that the machine boots.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	OSImageID string `json:"osImageID,omitempty"`

	// Labels that the Node gets before ordinary pods can bind to it.
	// +kubebuilder:validation:MaxProperties=96
	// +kubebuilder:validation:XValidation:rule="self.all(k, !format.qualifiedName().validate(k).hasValue())",message="a key is no label key: use letters, digits, -, _ and ., at most 63 of them, behind a DNS name and / where there is a prefix"
	// +optional
	Labels map[string]LabelValue `json:"labels,omitempty"`

	// Taints that the Node gets before ordinary pods can bind to it.
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:XValidation:rule="!format.qualifiedName().validate(self.key).hasValue()",messageExpression="self.key + ': not a taint key: use letters, digits, -, _ and ., at most 63 of them, behind a DNS name and / where there is a prefix'",fieldPath=".key"
	// +kubebuilder:validation:XValidation:rule="self.all(t, self.exists_one(u, u.key == t.key && u.effect == t.effect))",message="a taint is there twice, with the same key and effect: remove one of them"
	// +listType=atomic
	// +optional
	Taints []corev1.Taint `json:"taints,omitempty"`

	// Capacity is what the plan offers, before anything is reserved.
	// +optional
	Capacity corev1.ResourceList `json:"capacity,omitempty"`

	// Allocatable is what pods are expected to find on the node, the reservations taken off.
	// +optional
	Allocatable corev1.ResourceList `json:"allocatable,omitempty"`

	// SSHKeyIDs are the identifiers of SSH keys of the VPSie account that may log in to the machine.
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +listType=set
	// +optional
	SSHKeyIDs []string `json:"sshKeyIds,omitempty"`

	// Tags are put on this machine at VPSie beside those of its NodeGroup, over which they win.
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('autoscaler.vpsie.com/'))",message="keys that start with autoscaler.vpsie.com/ belong to the autoscaler: choose another key"
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) > 0 && size(k) <= 128 && !k.contains('='))",message="keys have 1 to 128 characters, = not among them"
	// +optional
	Tags map[string]TagValue `json:"tags,omitempty"`

	// Decision records why this machine was chosen.
	// +optional
	Decision Decision `json:"decision,omitempty"`
}

// Decision records why a machine was chosen. Its lists are cut to a fixed length, the totals are not.
type Decision struct {
	// Reason is what the node was bought for: PendingPods or DesiredNodes.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Reason string `json:"reason,omitempty"`

	// PlanID is the same for all machines that were decided on together. Their Nodes wait some seconds for each other before pods may
	// come.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	PlanID string `json:"planID,omitempty"`

	// PricePerHour is the plan's price when it was chosen, for example "$0.0611/h".
	// +kubebuilder:validation:MaxLength=63
	// +optional
	PricePerHour string `json:"pricePerHour,omitempty"`

	// PriceNanosPerHour is the same price in billionths of the currency per hour.
	// +kubebuilder:validation:Minimum=0
	// +optional
	PriceNanosPerHour int64 `json:"priceNanosPerHour,omitempty"`

	// PodCount is the number of pods that the node was planned for.
	// +optional
	PodCount int32 `json:"podCount,omitempty"`

	// Pods are the pods that the node was planned for, as namespace/name, at most 256 of them.
	// +kubebuilder:validation:MaxItems=256
	// +listType=atomic
	// +optional
	Pods []string `json:"pods,omitempty"`

	// Considered are the cheapest offerings that were looked at, in order of price, at most 16 of them.
	// +kubebuilder:validation:MaxItems=16
	// +listType=atomic
	// +optional
	Considered []ConsideredOffering `json:"considered,omitempty"`
}

// ConsideredOffering is one offering that was looked at for a node, and what came of it.
type ConsideredOffering struct {
	// Offering is the plan's name for people.
	// +kubebuilder:validation:MaxLength=253
	Offering string `json:"offering"`
	// PricePerHour is the plan's price, for example "$0.0611/h".
	// +kubebuilder:validation:MaxLength=63
	PricePerHour string `json:"pricePerHour"`
	// Verdict is "chosen", or why the offering was passed over.
	// +kubebuilder:validation:MaxLength=253
	Verdict string `json:"verdict"`
}

// Phases of a VPSieNode, computed from its conditions.
const (
	PhasePending      = "Pending"      // decided, nothing asked of the cloud yet
	PhaseProvisioning = "Provisioning" // the cloud was asked for the machine
	PhaseProvisioned  = "Provisioned"  // the machine exists
	PhaseJoining      = "Joining"      // the machine has an address and its Node is awaited
	PhaseReady        = "Ready"        // the Node runs pods
	PhaseTerminating  = "Terminating"  // the Node is drained
	PhaseDeleting     = "Deleting"     // the machine is deleted and its disappearance awaited
	PhaseFailed       = "Failed"       // the machine will not become a node and is about to be removed
)

// VPSieNodeStatus is what was last observed of the machine and its Node.
type VPSieNodeStatus struct {
	// Phase sums up the conditions for people.
	// +kubebuilder:validation:Enum=Pending;Provisioning;Provisioned;Joining;Ready;Terminating;Deleting;Failed
	// +optional
	Phase string `json:"phase,omitempty"`

	// Message says what the phase is waiting for, or what went wrong.
	// +optional
	Message string `json:"message,omitempty"`

	// MachineID is the identifier of the VPSie machine, once it is known.
	// +optional
	MachineID string `json:"machineID,omitempty"`

	// NodeName is the name of the Node, where the machine's host name is not the VPSieNode's.
	// +optional
	NodeName string `json:"nodeName,omitempty"`

	// Tags are those last put on the machine.
	// +optional
	Tags map[string]TagValue `json:"tags,omitempty"`

	// Addresses are the addresses of the machine.
	// +listType=atomic
	// +optional
	Addresses []string `json:"addresses,omitempty"`

	// ObservedGeneration is the generation that this status speaks about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Conditions are Launched, Configured, Registered, Ready, Empty and Drained.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// VPSieNodeList is a list of VPSieNodes.
//
// +kubebuilder:object:root=true
type VPSieNodeList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []VPSieNode `json:"items"`
}

// NodeName is the name of the Node that the machine becomes.
func (n *VPSieNode) NodeName() string {
	if n.Status.NodeName != "" {
		return n.Status.NodeName
	}
	return n.Name
}

// PodKeys are the pods that the node was planned for, as far as they are recorded.
func (d *Decision) PodKeys() []types.NamespacedName {
	keys := make([]types.NamespacedName, len(d.Pods))
	for i, pod := range d.Pods {
		keys[i].Namespace, keys[i].Name, _ = strings.Cut(pod, "/")
	}
	return keys
}
