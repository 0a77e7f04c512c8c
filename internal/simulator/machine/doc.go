// Package machine is the software on a simulated machine: it reads its user data, does what kubeadm join does, and then what a
// kubelet does for its Node: register it, keep its Lease and report that it is Ready. It runs no pods.
//
// The steps and their order are those of kubeadm: fetch cluster-info without trust, verify its signature with the token and its
// certificate authority with the pinned hashes, only then trust that authority, and trade the token for a client certificate.
package machine
