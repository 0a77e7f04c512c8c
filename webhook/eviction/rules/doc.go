// Package rules decides whether a pod may be evicted, beyond what the API server checks itself. It is pure: the same snapshot gives
// the same verdict.
//
// The API server knows one PodDisruptionBudget and nothing else; a pod without one may always be evicted. The rules hold back what
// would hurt all the same: the last ready replica, a workload in the middle of a rollout, a pod whose author asked not to be
// disturbed, too many evictions at once. Each may end by itself or by what somebody does, so that whoever evicts should wait and try
// again.
package rules
