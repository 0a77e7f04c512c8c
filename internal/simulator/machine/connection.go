package machine

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	certificatesv1 "k8s.io/client-go/kubernetes/typed/certificates/v1"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
)

// callTimeout bounds every call to the API server.
const callTimeout = 10 * time.Second

// connection talks to the API server as one identity. It owns its transport: client-go would keep one for every certificate
// that ever was, and thousands of machines may come and go in one process.
type connection struct {
	client *http.Client
	core   *corev1.CoreV1Client
	leases *coordinationv1.CoordinationV1Client
	csrs   *certificatesv1.CertificatesV1Client
}

// identity is who a connection speaks as and whom it trusts; the zero value is nobody and trusts nobody.
type identity struct {
	trusted     *x509.CertPool
	trustAnyone bool // for the first, unverified look at cluster-info only
	token       string
	certificate *tls.Certificate
}

// connect opens a connection to a server of the form https://host:port. Call close when it is no longer needed. An error
// is about the address, and permanent.
func (i identity) connect(server string) (*connection, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: i.trusted, InsecureSkipVerify: i.trustAnyone} //nolint:gosec // see trustAnyone
	if i.certificate != nil {
		secure.Certificates = []tls.Certificate{*i.certificate}
	}
	transport := &http.Transport{TLSClientConfig: secure, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute}
	client := &http.Client{Transport: transport, Timeout: callTimeout}
	if i.token != "" {
		client.Transport = bearer{token: i.token, next: transport}
	}
	return newConnection(server, client)
}

func newConnection(server string, client *http.Client) (*connection, error) {
	config := &rest.Config{
		Host:          server,
		QPS:           -1, // no rate limit
		UserAgent:     "kubelet/" + Version,
		ContentConfig: rest.ContentConfig{ContentType: runtime.ContentTypeJSON}, // fit to be read on the wire
	}

	core, err := corev1.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, permanentError{fmt.Errorf("API server %q: %w", server, err)}
	}
	leases, err := coordinationv1.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, permanentError{fmt.Errorf("API server %q: %w", server, err)}
	}
	csrs, err := certificatesv1.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, permanentError{fmt.Errorf("API server %q: %w", server, err)}
	}
	return &connection{client: client, core: core, leases: leases, csrs: csrs}, nil
}

func (c *connection) close() { c.client.CloseIdleConnections() }

// bearer adds a token to every request.
type bearer struct {
	token string
	next  *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

// CloseIdleConnections lets http.Client close what is below.
func (b bearer) CloseIdleConnections() { b.next.CloseIdleConnections() }
