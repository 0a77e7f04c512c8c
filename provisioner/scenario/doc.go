// Package scenario reads a cluster and a market from a file and makes the planner's snapshot of them, so that a plan can be made
// without a cluster and without an account. docs/simulate.md describes the format.
//
// The file is read as a stream: an object is decoded when it comes by, and what equals an earlier part, such as the spec of two
// pods of one Deployment, is shared rather than decoded again. Everything that is wrong is reported with its line, its column and
// its path.
package scenario
