// Package simulator is a VPSie cloud that fits into a process: the HTTP API, machines that take time to appear and cost money,
// faults on request, and software on the machines that really joins a Kubernetes cluster.
//
// Three ways to use it:
//
//   - the vpsie-sim command, a process of its own;
//   - [Simulator.Handler] with httptest, or [Simulator.Start], in a test that wants sockets;
//   - [Simulator.Transport] inside testing/synctest: no socket, virtual time.
//
// Its parts: catalogue is what is sold, cloud the state of machines and managed clusters, account what the account owns beside
// them, httpapi the VPSie API, faults what goes wrong (its Actions are the one table of it), adminapi the control desk, userdata
// and machine the software on a machine, selfsigned its TLS certificates.
package simulator
