// Package unschedulable tells which pods wait for a node. kube-scheduler calls an extender only with nodes that already passed
// its own filters, so a failed Filter phase is read where the scheduler writes it: in the pod's PodScheduled condition. Pods
// that the scheduler has not come to yet count too when a sibling was refused, when others were refused and a second has passed, and
// when they have waited long enough whatever the condition says.
//
// A kube-scheduler with our plugin also reports its verdicts, with the reason of each node, before it writes them. A report flags a pod
// until the pod changes; without reports everything works as well.
//
// Every pod without a node has one State at any time, with an age and an explanation. Why the pods that wait fit on no node is not read
// from the scheduler's message but simulated, with the checks of package plan.
package unschedulable
