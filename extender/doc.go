// Package extender is the HTTP server that kube-scheduler asks as a scheduler extender.
//
// It serves three verbs under /scheduler/v1, in the wire types of k8s.io/kube-scheduler/extender/v1:
//
//   - prioritize scores the nodes that a pod fits on (see package score);
//   - filter withholds the nodes whose removal has begun, and nothing else;
//   - preempt answers "no" for a limited time while a machine that was bought for the very pod is on its way.
//
// Only prioritize is meant to be on by default. A verb that is switched off is answered 404.
//
// The rules every verb keeps: it answers from an immutable snapshot in memory, without I/O and without waiting; without a
// snapshot, and for pods that are exempt, it changes nothing; its answer depends on nothing but the request, the snapshot and,
// for preempt, the clock; the reasons it gives are constants. The scheduler calls the verbs speculatively and repeatedly, so
// nothing is ever reserved here.
//
// Pods that fit nowhere never reach an extender. They are noticed by package unschedulable.
package extender
