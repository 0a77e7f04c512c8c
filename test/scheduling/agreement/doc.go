// Package agreement measures how many of the pods that machines were bought for by name come to run on them, with the whole product:
// a real control plane, the simulated cloud, controller, extender and webhook.
package agreement
