// Package stack runs the whole product on one machine, each part a process of its own with TLS between them: a real control
// plane, the simulated cloud, and the controller, extender and webhook with the rights of their service accounts. The
// demonstration and the end-to-end tests stand on it.
package stack
