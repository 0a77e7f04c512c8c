// Package node answers the API server about two ways to lose the pods of a Node of ours without any PodDisruptionBudget being asked: to
// delete the Node, and to taint it NoExecute. All other writes to Nodes, and Nodes that are not ours, are none of its business.
//
// Whether a request passes is decided by rules that are pure and stand in one visible order; Handler gathers what they look at from
// caches.
package node
