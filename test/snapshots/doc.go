// Package snapshots draws random small clusters for tests of the planner. Every rule of the scheduler that the planner knows has a
// fair chance to matter in them, and all objects are such as the API server stores. The same seed and options always give the same
// cluster. Shrink makes a cluster that fails a test as small as it can be, and Describe prints it for people.
package snapshots
