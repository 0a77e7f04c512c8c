// Package repair gives nodes up that were ready once and have failed, so that others are bought in their place. The wanted sizes of
// their groups stay. When much of the cluster fails at once, which is seldom the fault of the machines, only a few go at a time.
package repair
