// Package selfsigned makes a certificate authority and a serving certificate for servers on the loopback address.
package selfsigned

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/localca"
)

// Names of the files.
const (
	CAFile   = "ca.crt"
	CertFile = "tls.crt"
	KeyFile  = "tls.key"
)

// lifetime is how long the certificates are valid; margin is how long one must still be valid to be used again.
const (
	lifetime = 365 * 24 * time.Hour
	margin   = 24 * time.Hour
)

// Ensure returns the serving certificate in the directory for localhost, 127.0.0.1 and ::1. It makes the directory, the authority
// and the certificate when there are none that serve for another day, so a client that trusts the authority keeps trusting it
// across restarts. The key of the authority is thrown away.
func Ensure(dir string) (tls.Certificate, error) {
	if certificate, err := load(dir); err == nil {
		return certificate, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return tls.Certificate{}, fmt.Errorf("directory for certificates: %w", err)
	}
	files, err := generate()
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make certificates: %w", err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return tls.Certificate{}, fmt.Errorf("write certificates: %w", err)
		}
	}
	return load(dir)
}

// load reads the certificate and checks that the authority vouches for it on the loopback address for another day.
func load(dir string) (tls.Certificate, error) {
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, CertFile), filepath.Join(dir, KeyFile))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("serving certificate: %w", err)
	}
	authority, err := os.ReadFile(filepath.Join(dir, CAFile))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate authority: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	options := x509.VerifyOptions{Roots: roots, DNSName: "127.0.0.1", CurrentTime: time.Now().Add(margin)}
	if _, err := certificate.Leaf.Verify(options); err != nil {
		return tls.Certificate{}, fmt.Errorf("serving certificate in %s: %w", dir, err)
	}
	return certificate, nil
}

// generate makes the contents of all files.
func generate() (map[string][]byte, error) {
	authority, err := localca.New("vpsie-sim authority", lifetime)
	if err != nil {
		return nil, err
	}
	cert, key, err := authority.Issue("vpsie-sim", x509.ExtKeyUsageServerAuth)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{CAFile: authority.PEM(), CertFile: cert, KeyFile: key}, nil
}
