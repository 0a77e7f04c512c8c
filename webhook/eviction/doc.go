// Package eviction answers the API server about evictions of pods: whether a pod may go is decided by package rules, from what Index
// has seen of the cluster.
//
// A refusal is 429 Too Many Requests, as that of a PodDisruptionBudget, so that kubectl drain and our own drain wait and ask again. It
// carries no time to wait: with one, clients would repeat the request by themselves, without a word to whoever drains.
package eviction
