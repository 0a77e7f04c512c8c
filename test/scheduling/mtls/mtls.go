// Package mtls serves handlers, and calls them, as kube-scheduler and the extender talk: over TLS, with certificates on both sides.
package mtls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/vpsie/vpsie-autoscaler/extender/serving"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

// readHeaderTimeout is that of the extender.
const readHeaderTimeout = 2 * time.Second

// Serve serves the handler on a free port of the loopback until the context ends, and returns its host:port.
func Serve(ctx context.Context, files stack.Certificates, handler http.Handler) (address string, err error) {
	authority, err := authority(files)
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, Protocols: serving.Protocols(),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, ClientCAs: authority, ClientAuth: tls.RequireAndVerifyClientCert},
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })                            // nobody waits for an answer any more
	go func() { _ = server.ServeTLS(listener, files.ServerCert, files.ServerKey) }() // ends when closed; callers see any other end
	return listener.Addr().String(), nil
}

// Client calls with the scheduler's certificate, over connections that nobody shares with it.
func Client(files stack.Certificates) (*http.Client, error) {
	authority, err := authority(files)
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(files.ClientCert, files.ClientKey)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authority, Certificates: []tls.Certificate{pair}},
		// kube-scheduler offers HTTP/2 over TLS.
		ForceAttemptHTTP2: true,
	}}, nil
}

func authority(files stack.Certificates) (*x509.CertPool, error) {
	pem, err := os.ReadFile(files.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", files.CA)
	}
	return pool, nil
}
