// Package orphans decides which machines and Nodes have lost their VPSieNode, and which of them may go. It is pure.
//
// Whatever is in doubt stays. A machine goes only when its host name proves that this cluster made it, no VPSieNode has that name,
// and both have been so in every look for the whole grace period. A Node goes only when it carries the autoscaler's labels, is not
// ready, and has had neither VPSieNode nor machine for as long.
package orphans
