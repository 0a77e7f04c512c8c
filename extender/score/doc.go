// Package score says how well a node suits a pod, from 0 to 10, on the scale that kube-scheduler gives its extenders.
//
// The package is pure. A Snapshot is built once from what is known of the cluster and never changes afterwards, so that any
// number of requests can read it at the same time without a lock. A nil Snapshot is a cold one: it has no opinion.
//
// The order of preference is:
//
//	10    the node was bought for this very pod
//	1..8  the fuller the node will be with the pod on it, the higher; among equally full nodes, the cheaper the higher
//	0     the node is being removed
//
// Nothing scores 9, so that a planned node stands out by two points whatever the packing of the others.
package score
