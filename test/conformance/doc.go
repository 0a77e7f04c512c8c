// Package conformance holds the planner against the real kube-scheduler. Random small clusters go to plan.Make, and the plan goes to
// the scheduling framework of Kubernetes 1.37 with the plugins, arguments and feature gates of its default profile, compiled in from
// the pinned module: PreFilter and Filter decide, nothing of them is imitated here.
//
// Three things must hold. They are judged for each cluster, and anything else is a Disagreement:
//
//   - A pod that the plan places is accepted by the scheduler on that node, with every other pod of the plan where the plan puts
//     it. Pods placed on nodes that exist or are on their way are judged before the new nodes appear, late ones and those of new
//     nodes after.
//   - A pod that the plan calls impossible is refused on every node of the final state, and on one more node of each group and
//     offering. A pod that a limit or the market keeps out is refused on every node of the final state. A pod that waits for
//     preemption is accepted by some node once the pods of lower priority are gone from it.
//   - The plan can be reached: the scheduler binds its pods one after the other in some order, volumes included.
//
// The package is a module of its own because it needs k8s.io/kubernetes, which the product must not. Run it with
//
//	go test -C test/conformance ./...
//
// -clusters sets the number of clusters and -first the seed of the first one; a disagreement prints the seed, and
// -clusters 1 -first SEED repeats it:
//
//	go test -C test/conformance -run TestPlansAgreeWithTheScheduler ./... -args -clusters 1 -first 4711
//
// The first compilation of the scheduler takes a few minutes, later ones take seconds.
package conformance
