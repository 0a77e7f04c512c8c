// Package opening opens new Nodes to ordinary pods, and tells kube-scheduler first which pods they were bought for.
//
// A Node that was bought for pods keeps its startup taint until it is ready. Then its pods are nominated for it and the taint is taken
// off. A nomination (status.nominatedNodeName) is the one way to express the plan where kube-scheduler looks, whatever sample of the
// nodes it takes: it tries the nominated node first, and keeps the room there from other pods of no higher priority. It lasts until the
// next attempt to place the pod fails. Every Node that opens makes the scheduler try all pods that wait, so Nodes are opened in rounds:
// those that are ready together open together, once every nomination shows in the watch, and the next round begins when the pods of the
// last one have been placed.
//
// No pod needs its nomination to run. Whatever fails here, the Nodes open, a few seconds later, and a nomination that has led to no binding
// by then is taken back, so that the pod counts as one that waits.
package opening
