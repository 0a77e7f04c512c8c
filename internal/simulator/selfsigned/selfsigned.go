// Package selfsigned makes a certificate authority and a serving certificate for servers on the loopback address.
package selfsigned

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
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
	files, err := generate(time.Now())
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
func generate(now time.Time) (map[string][]byte, error) {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	servingKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	authority := template("vpsie-sim authority", now)
	authority.IsCA, authority.BasicConstraintsValid, authority.KeyUsage = true, true, x509.KeyUsageCertSign
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return nil, err
	}
	serving := template("vpsie-sim", now)
	serving.KeyUsage, serving.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	serving.DNSNames = []string{"localhost"}
	serving.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	servingDER, err := x509.CreateCertificate(rand.Reader, serving, authority, servingKey.Public(), authorityKey)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(servingKey)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		CAFile:   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER}),
		CertFile: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: servingDER}),
		KeyFile:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	}, nil
}

// template is what both certificates have in common.
func template(name string, now time.Time) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // rand.Reader never fails
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Minute), // clocks differ
		NotAfter:     now.Add(lifetime),
	}
}
