// Package gc sweeps up what has lost its counterpart: machines that are provably this cluster's and have no VPSieNode, and Nodes
// with neither VPSieNode nor machine. What is an orphan is decided by package orphans; before anything is deleted, the live cloud
// and the live cluster are asked once more.
//
// A sweep keeps nothing but what it has seen, and that only in memory: a restart begins the grace period anew, and two sweepers at
// once do no harm. Bootstrap tokens of machines that have gone are left alone, as they expire by themselves.
package gc
