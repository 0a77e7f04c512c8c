// Package rebalancer takes nodes away again: it finds those that are not needed, makes sure of it on the live cluster, and hands
// them to provisioner/lifecycle to be drained and deleted.
package rebalancer
