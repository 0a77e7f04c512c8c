// Package pod helps new pods to a node: it adds to them what they lack to run where they were meant to, and tells at once of
// pods that no node will ever run.
//
// The Mutator adds, in namespaces that ask for it, the scheduler's name, and node selectors and tolerations for a NodeGroup, a
// capacity type or a class of workloads. What the author wrote is never changed, and what was added is listed on the pod.
//
// The Validator asks the planner itself where a pod could run, on a Supply that is refreshed in the background. Where facts are
// missing it has no opinion.
package pod
