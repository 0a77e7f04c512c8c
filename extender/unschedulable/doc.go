// Package unschedulable tells which pods wait for a node. kube-scheduler calls an extender only with nodes that already passed
// its own filters, so a failed Filter phase is read where the scheduler writes it: in the pod's PodScheduled condition. Pods
// that the scheduler has not come to yet count too when a sibling was refused, and so do pods that have waited long enough
// whatever the condition says.
package unschedulable
