// Package webhook is the admission webhook. Each kind of object that it is asked about has a package of its own: nodegroup,
// vpsienode, pod, eviction, node and budget. Their handlers answer from memory; package market and the Readers here keep that up to
// date.
//
// The API server finds it through the configurations in manifests/webhook. They are made so that a dead webhook harms as
// little as possible: pods are created all the same, Nodes register, NodeGroups can be deleted and resized, and the schema of the
// NodeGroup still guards what it can express. docs/admission.md has the whole table.
package webhook
