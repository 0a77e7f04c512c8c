// Package provisioner turns pods that wait for a node into VPSieNodes: it gathers a snapshot of the cluster and the market, has
// provisioner/plan decide, and writes the decision down. What becomes of a VPSieNode is the business of provisioner/lifecycle.
package provisioner
