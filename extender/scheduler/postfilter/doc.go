// Package postfilter is a plugin for kube-scheduler that tells the autoscaler's controller, node by node, why a pod fits nowhere.
//
// It decides nothing and never waits: it notes what the Filter phase found, puts that into a queue with bounds, and lets the scheduler
// go on with preemption. What cannot be delivered is dropped and counted: the pod's condition tells the controller all the same.
package postfilter
