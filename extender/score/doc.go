// Package score says how well a node suits a pod, from 0 to 10, on the scale that kube-scheduler gives its extenders.
//
// The package is pure. A Snapshot is built once from what is known of the cluster and never changes afterwards, so that any
// number of requests can read it at the same time without a lock. A nil Snapshot is a cold one: it has no opinion.
//
// The first line that is true of a node and a pod gives the score:
//
//	6     the pod is exempt, or nothing is known of the node
//	0     the node is being removed
//	1     the node is about to be interrupted: whatever starts there has to start again elsewhere
//	10    the node was bought for this very pod
//	2     the node is a candidate for removal: empty, and counted down
//	3..7  a spot node: one step below an on-demand node that is as full and costs as much
//	4..8  an on-demand node: the fuller with the pod on it, the higher; among equally full nodes, the cheaper the higher
//
// Nothing scores 9, so that a planned node stands out by two points whatever the packing of the others. It does so on a spot node
// too: the plan knew what it bought. A candidate that was bought for the pod is none for this pod, which it has been waiting for.
package score
