// Package webhook is the admission webhook: it validates NodeGroups (see package nodegroup) and sends pods to the NodeGroup
// that they name (see package pod).
//
// The API server finds it through the configurations in manifests/webhook. They are made so that a dead webhook harms as
// little as possible: pods are created all the same, NodeGroups can be deleted and resized, and the schema of the NodeGroup
// still guards what it can express.
package webhook
