package v1alpha1

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NodeGroup is a set of VPSie machines that may serve the pods of the cluster: how many, which plans, where, and how their
// nodes are labelled and tainted.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=ng,categories=vpsie
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.desiredNodes,statuspath=.status.currentNodes
// +kubebuilder:printcolumn:name="Min",type=integer,JSONPath=`.spec.minNodes`
// +kubebuilder:printcolumn:name="Max",type=integer,JSONPath=`.spec.maxNodes`
// +kubebuilder:printcolumn:name="Desired",type=integer,JSONPath=`.spec.desiredNodes`
// +kubebuilder:printcolumn:name="Current",type=integer,JSONPath=`.status.currentNodes`
// +kubebuilder:printcolumn:name="Ready",type=integer,JSONPath=`.status.readyNodes`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 36",message="metadata.name must have at most 36 characters: it becomes part of the host name of every machine"
type NodeGroup struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   NodeGroupSpec   `json:"spec"`
	Status NodeGroupStatus `json:"status,omitempty"`
}

// NodeGroupSpec is what the user wants of the group.
//
// +kubebuilder:validation:XValidation:rule="self.minNodes <= self.maxNodes",message="minNodes must not be above maxNodes",fieldPath=".minNodes"
// +kubebuilder:validation:XValidation:rule="!has(self.desiredNodes) || (self.minNodes <= self.desiredNodes && self.desiredNodes <= self.maxNodes) || (oldSelf.hasValue() && has(oldSelf.value().desiredNodes) && oldSelf.value().desiredNodes == self.desiredNodes)",optionalOldSelf=true,message="desiredNodes must lie between minNodes and maxNodes",fieldPath=".desiredNodes"
// +kubebuilder:validation:XValidation:rule="!oldSelf.hasValue() || oldSelf.value().datacenterID == self.datacenterID",optionalOldSelf=true,message="datacenterID cannot be changed: create another NodeGroup for the other data centre",fieldPath=".datacenterID"
// +kubebuilder:validation:XValidation:rule="!(has(self.cloudInitTemplateRef) && has(self.cloudInitTemplate) && size(self.cloudInitTemplate) > 0)",message="cloudInitTemplate and cloudInitTemplateRef exclude each other: keep one",fieldPath=".cloudInitTemplateRef"
// +kubebuilder:validation:XValidation:rule="!has(self.preferredOfferingID) || !has(self.offeringIDs) || size(self.offeringIDs) == 0 || self.preferredOfferingID in self.offeringIDs",message="preferredOfferingID must be one of offeringIDs",fieldPath=".preferredOfferingID"
type NodeGroupSpec struct {
	// MinNodes is the number of nodes that the group never goes below, even when they are empty.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	// +kubebuilder:default=0
	MinNodes int32 `json:"minNodes"`

	// MaxNodes is the number of nodes that the group never exceeds.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	MaxNodes int32 `json:"maxNodes"`

	// DesiredNodes is the number of nodes that the group should have now. The autoscaler raises it when pods need nodes and
	// lowers it when nodes are no longer needed; `kubectl scale` sets it by hand. Unset counts as minNodes.
	// +optional
	DesiredNodes *int32 `json:"desiredNodes,omitempty"`

	// DatacenterID is the identifier of the VPSie data centre that the machines stand in. It cannot be changed.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	DatacenterID string `json:"datacenterID"`

	// OfferingIDs are the identifiers of the VPSie plans that may be bought. Empty means every plan sold in the data centre.
	// +kubebuilder:validation:MaxItems=300
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	// +listType=set
	// +optional
	OfferingIDs []string `json:"offeringIDs,omitempty"`

	// PreferredOfferingID is the identifier of a VPSie plan to buy even where another would be a little cheaper, within
	// controller.preferenceShare of the configuration. It must be one of offeringIDs unless that is empty.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	// +optional
	PreferredOfferingID string `json:"preferredOfferingID,omitempty"`

	// Priority decides between groups whose nodes would do for a pod: those with the highest priority are used first, whatever
	// their plans cost.
	// +kubebuilder:validation:Minimum=-1000000
	// +kubebuilder:validation:Maximum=1000000
	// +kubebuilder:default=0
	// +optional
	Priority int32 `json:"priority,omitempty"`

	// OSImageID is the identifier of the image that machines boot. Empty means the image of the controller's configuration.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$`
	// +optional
	OSImageID string `json:"osImageID,omitempty"`

	// Labels are put on every node of the group before ordinary pods can bind to it.
	// +kubebuilder:validation:MaxProperties=64
	// +kubebuilder:validation:XValidation:rule="self.all(k, !format.qualifiedName().validate(k).hasValue())",message="a key is no label key: use letters, digits, -, _ and ., at most 63 of them, behind a DNS name and / where there is a prefix"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('autoscaler.vpsie.com/'))",message="keys that start with autoscaler.vpsie.com/ belong to the autoscaler: choose another key"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !(k in ['kubernetes.io/hostname', 'kubernetes.io/arch', 'kubernetes.io/os', 'node.kubernetes.io/instance-type', 'node.kubernetes.io/windows-build', 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region']))",message="labels that tell what a machine is (hostname, architecture, operating system, instance type, zone, region) are set from the facts: choose another key"
	// +kubebuilder:validation:XValidation:rule="self.all(k, k in ['kubernetes.io/hostname', 'kubernetes.io/arch', 'kubernetes.io/os', 'node.kubernetes.io/instance-type', 'node.kubernetes.io/windows-build', 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region'] || !((k.startsWith('kubernetes.io/') || k.startsWith('k8s.io/') || k.contains('.kubernetes.io/') || k.contains('.k8s.io/')) && !k.matches('^([^/]*[.])?(node|node-role|node-restriction)[.]kubernetes[.]io/')))",message="keys under kubernetes.io and k8s.io belong to Kubernetes, except node-role.kubernetes.io, node.kubernetes.io, node-restriction.kubernetes.io: choose another key"
	// +optional
	Labels map[string]LabelValue `json:"labels,omitempty"`

	// Taints are put on every node of the group before ordinary pods can bind to it.
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:XValidation:rule="!format.qualifiedName().validate(self.key).hasValue()",messageExpression="self.key + ': not a taint key: use letters, digits, -, _ and ., at most 63 of them, behind a DNS name and / where there is a prefix'",fieldPath=".key"
	// +kubebuilder:validation:items:XValidation:rule="!self.key.startsWith('autoscaler.vpsie.com/')",messageExpression="self.key + ': keys that start with autoscaler.vpsie.com/ belong to the autoscaler: choose another key'",fieldPath=".key"
	// +kubebuilder:validation:items:XValidation:rule="!((self.key.startsWith('kubernetes.io/') || self.key.startsWith('k8s.io/') || self.key.contains('.kubernetes.io/') || self.key.contains('.k8s.io/')) && !self.key.matches('^([^/]*[.])?(node-role|node-restriction)[.]kubernetes[.]io/'))",messageExpression="self.key + ': keys under kubernetes.io and k8s.io belong to Kubernetes, except node-role.kubernetes.io, node-restriction.kubernetes.io: choose another key'",fieldPath=".key"
	// +kubebuilder:validation:XValidation:rule="self.all(t, self.exists_one(u, u.key == t.key && u.effect == t.effect))",message="a taint is there twice, with the same key and effect: remove one of them"
	// +listType=atomic
	// +optional
	Taints []corev1.Taint `json:"taints,omitempty"`

	// CloudInitTemplate is the cloud-init document of the machines, a Go text/template; docs/cloud-init.md lists what it may use.
	// Empty means the default, which makes the machine join the cluster with kubeadm.
	// +kubebuilder:validation:MaxLength=65536
	// +optional
	CloudInitTemplate string `json:"cloudInitTemplate,omitempty"`

	// CloudInitTemplateRef names the key of a ConfigMap in the NodeGroup's namespace that holds the template. It excludes
	// cloudInitTemplate.
	// +optional
	CloudInitTemplateRef *ConfigMapKeyReference `json:"cloudInitTemplateRef,omitempty"`

	// CloudInitVariables are what the template finds beside what the autoscaler gives it. NodeName and JoinToken cannot be set.
	// +kubebuilder:validation:MaxProperties=64
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^[A-Za-z_][A-Za-z0-9_]*$'))",message="names of variables consist of letters, digits and _, and do not start with a digit"
	// +kubebuilder:validation:XValidation:rule="!('NodeName' in self) && !('JoinToken' in self)",message="NodeName and JoinToken are set by the autoscaler: choose other names"
	// +optional
	CloudInitVariables map[string]CloudInitVariable `json:"cloudInitVariables,omitempty"`

	// SSHKeyIDs are the identifiers of SSH keys of the VPSie account that may log in to the machines, beside those of the
	// controller's configuration.
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	// +listType=set
	// +optional
	SSHKeyIDs []string `json:"sshKeyIds,omitempty"`

	// SSHPublicKeys are public keys, as in an authorized_keys file, that may log in to the machines.
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.contains('PRIVATE KEY') && !k.contains('PuTTY-User-Key-File') && !k.contains('b3BlbnNzaC1rZXktdjE'))",message="it holds a private key: take it out, make a new pair since this one has been seen, and give the public key, from the file that ends in .pub"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.contains('\\n') && !k.contains('\\r'))",message="a key has several lines: give one public key each"
	// +listType=set
	// +optional
	SSHPublicKeys []string `json:"sshPublicKeys,omitempty"`

	// SSHKeySecretRef names a Secret in the NodeGroup's namespace that holds public keys which may log in to the machines.
	// +optional
	SSHKeySecretRef *SSHKeySecretReference `json:"sshKeySecretRef,omitempty"`

	// Tags are put on the machines at VPSie, for people and bills, beside those of the autoscaler. Changes reach machines that
	// run.
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('autoscaler.vpsie.com/'))",message="keys that start with autoscaler.vpsie.com/ belong to the autoscaler: choose another key"
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) > 0 && size(k) <= 128 && !k.contains('='))",message="keys have 1 to 128 characters, = not among them"
	// +optional
	Tags map[string]TagValue `json:"tags,omitempty"`

	// ScaleUpPolicy says when nodes may be added.
	// +kubebuilder:default={}
	// +optional
	ScaleUpPolicy ScaleUpPolicy `json:"scaleUpPolicy,omitempty"`

	// ScaleDownPolicy says when nodes may be removed.
	// +kubebuilder:default={}
	// +optional
	ScaleDownPolicy ScaleDownPolicy `json:"scaleDownPolicy,omitempty"`
}

// LabelValue is the value of a label of a Node. It is a plain string, as in the label sets of Kubernetes.
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$`
type LabelValue = string

// CloudInitVariable is the value of a variable of a cloud-init template.
// +kubebuilder:validation:MaxLength=8192
type CloudInitVariable string

// TagValue is the value of a tag.
// +kubebuilder:validation:MaxLength=128
type TagValue string

// ConfigMapKeyReference names a key of a ConfigMap in the same namespace.
type ConfigMapKeyReference struct {
	// Name of the ConfigMap.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
	// Key in its data.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key"`
}

// SSHKeySecretReference names public keys in a Secret in the same namespace.
type SSHKeySecretReference struct {
	// Name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
	// Keys in its data, each holding lines of an authorized_keys file.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[-._a-zA-Z0-9]+$`
	// +listType=set
	Keys []string `json:"keys"`
}

// ScaleUpPolicy says when nodes may be added to a group.
type ScaleUpPolicy struct {
	// Enabled set to false stops the group from growing for pending pods. minNodes and desiredNodes are still kept.
	// +kubebuilder:default=true
	// +optional
	Enabled *bool `json:"enabled,omitempty"`
}

// ScaleDownPolicy says when nodes may be removed from a group.
type ScaleDownPolicy struct {
	// Enabled set to false keeps every node of the group, however empty.
	// +kubebuilder:default=true
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// StabilizationWindowSeconds is how long a node must have been empty before it is removed.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=86400
	// +kubebuilder:default=600
	// +optional
	StabilizationWindowSeconds *int32 `json:"stabilizationWindowSeconds,omitempty"`
}

// NodeGroupStatus is what was last observed of the group.
type NodeGroupStatus struct {
	// CurrentNodes is the number of VPSieNodes of the group, those on their way and those being removed included.
	// +optional
	CurrentNodes int32 `json:"currentNodes"`
	// ReadyNodes is the number of nodes that can run pods.
	// +optional
	ReadyNodes int32 `json:"readyNodes"`
	// ObservedGeneration is the generation of the spec that this status speaks about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions are Ready, Scaling and AtMaxCapacity.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// NodeGroupList is a list of NodeGroups.
//
// +kubebuilder:object:root=true
type NodeGroupList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []NodeGroup `json:"items"`
}

// Desired is the wanted number of nodes, within the group's bounds whatever the spec says.
func (g *NodeGroup) Desired() int32 {
	desired := g.Spec.MinNodes
	if g.Spec.DesiredNodes != nil {
		desired = *g.Spec.DesiredNodes
	}
	return min(max(desired, g.Spec.MinNodes), g.Spec.MaxNodes)
}

// NodeLabels are the labels of every node of the group, less those that depend on the machine.
func (g *NodeGroup) NodeLabels() map[string]string {
	labels := map[string]string{LabelManaged: "true", LabelNodeGroup: g.Name, LabelNodeGroupNamespace: g.Namespace}
	maps.Copy(labels, g.Spec.Labels)
	return labels
}
