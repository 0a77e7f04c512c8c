// Package verify judges plans. It is the specification of what a plan may be: it checks every pod of a plan on its node from the rules
// of kube-scheduler 1.37, plainly and slowly, and shares nothing with the planner but the types of its input and output.
//
// A rule is checked as the scheduler does it: the pod is taken out of the cluster, and must then be allowed onto its node with all
// others in place. Pods on nodes that exist or are on their way are judged before any new node is there, pods on new nodes in the
// final state. What needs an order, pods that wait for each other's company, is played through in the end.
//
// Beyond a snapshot, and not judged, is where a claim is provisioned that several pods share. Of volumes that exist already there must be
// enough for all pods of the plan; whether the scheduler would hand them out so well is not judged either.
package verify
