package stack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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

// certificateLifetime outlives any test and any demonstration.
const certificateLifetime = 24 * time.Hour

// certificates are the files of an authority and of what it vouches for, between kube-scheduler and the extender.
type certificates struct {
	CA                    string
	ServerCert, ServerKey string
	ClientCert, ClientKey string
}

func writeCertificates(dir string) (certificates, error) {
	files := certificates{
		CA:         filepath.Join(dir, "extender-ca.crt"),
		ServerCert: filepath.Join(dir, "extender.crt"), ServerKey: filepath.Join(dir, "extender.key"),
		ClientCert: filepath.Join(dir, "scheduler.crt"), ClientKey: filepath.Join(dir, "scheduler.key"),
	}
	authority, err := newAuthority()
	if err != nil {
		return files, err
	}
	if err := writePEM(files.CA, "CERTIFICATE", authority.certificate.Raw); err != nil {
		return files, err
	}
	server := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "vpsie-extender"},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if err := authority.issue(server, files.ServerCert, files.ServerKey); err != nil {
		return files, err
	}
	client := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-scheduler"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	return files, authority.issue(client, files.ClientCert, files.ClientKey)
}

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "vpsie-autoscaler local authority"},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(certificateLifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &authority{certificate, key}, err
}

// issue completes a template and writes the certificate and its key.
func (a *authority) issue(template *x509.Certificate, certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = a.certificate.NotBefore, a.certificate.NotAfter
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("issue certificate of %s: %w", template.Subject.CommonName, err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(certFile, "CERTIFICATE", der); err != nil {
		return err
	}
	return writePEM(keyFile, "PRIVATE KEY", keyDER)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
