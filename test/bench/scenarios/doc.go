// Package scenarios makes planning problems: a market and the pods that wait for machines. Each has a name and a fixed seed, so that a
// clean clone measures the same problems everywhere. The families are those in which schedulers differ most: equal pods, pods of
// all shapes, pods that must be together or apart, many deployments with selectors, and very many pods. The variants ask the same of
// small and large markets, of one zone and of six, and of prices that are far from linear.
package scenarios
