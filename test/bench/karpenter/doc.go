// Package karpenter asks Karpenter's provisioning scheduler, as it is released, for a plan of a scenario. The scheduler starts from
// an empty cluster with one node pool that allows everything, one instance type for each plan of the scenario, and the machines'
// overhead as what the kubelet reserves. Nothing of it is changed; what surrounds it in production, watching and launching, is left
// out.
package karpenter
