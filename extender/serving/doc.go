// Package serving is the HTTP server by which kube-scheduler reaches us: over TLS with a certificate that is followed when it is renewed,
// or in the clear on the loopback, and with bounds on what a client may cost.
package serving
