// Package diagnosis is how a kube-scheduler with our PostFilter plugin tells the controller, node by node, why pods fit nowhere: the
// types on the wire. The plugin lives in the module extender/scheduler, the other side in package receiver.
//
// A report is a hint. Whoever sends it may lose it, and whoever gets it must cope without: the condition that kube-scheduler writes to
// the pod stays the source of truth.
package diagnosis
