// Package v1alpha1 holds the two kinds a user of the autoscaler sees: the NodeGroup, which says what machines a cluster may
// have, and the VPSieNode, which stands for one machine from the decision to buy it until it is proven gone.
//
// The package holds types, schema rules, defaults and well-known keys; it decides nothing.
//
// +kubebuilder:object:generate=true
// +groupName=autoscaler.vpsie.com
package v1alpha1
