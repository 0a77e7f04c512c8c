package cluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certificateLifetime outlives any test run and any working day with a local cluster.
const certificateLifetime = 7 * 24 * time.Hour

// keyPair names the PEM files of a certificate and its private key.
type keyPair struct {
	cert, key string
}

func pairIn(folder, name string) keyPair {
	return keyPair{cert: filepath.Join(folder, name+".crt"), key: filepath.Join(folder, name+".key")}
}

// authority is a certificate authority whose files lie in one folder.
type authority struct {
	folder      string
	files       keyPair
	certificate *x509.Certificate
	key         crypto.Signer
}

// identity is what a certificate says about its holder: a user and groups for clients, names and addresses for
// servers.
type identity struct {
	user      string
	groups    []string
	dnsNames  []string
	addresses []net.IP
}

func newAuthority(folder, name string) (*authority, error) {
	template, err := certificateTemplate(identity{user: name})
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage |= x509.KeyUsageCertSign
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate the key of %s: %w", name, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("create the certificate of %s: %w", name, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read back the certificate of %s: %w", name, err)
	}
	ca := &authority{folder: folder, files: pairIn(folder, name), certificate: certificate, key: key}
	return ca, writePair(ca.files, der, key)
}

// issue creates a certificate that serves as both server and client certificate, and writes it as name.crt and
// name.key.
func (a *authority) issue(name string, id identity) (keyPair, error) {
	template, err := certificateTemplate(id)
	if err != nil {
		return keyPair{}, err
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return keyPair{}, fmt.Errorf("generate the key of %s: %w", name, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return keyPair{}, fmt.Errorf("create the certificate of %s: %w", name, err)
	}
	files := pairIn(a.folder, name)
	return files, writePair(files, der, key)
}

// publicKeyHash returns the pin that `kubeadm join --discovery-token-ca-cert-hash` takes.
func (a *authority) publicKeyHash() string {
	sum := sha256.Sum256(a.certificate.RawSubjectPublicKeyInfo)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func certificateTemplate(id identity) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("draw a certificate serial number: %w", err)
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: id.user, Organization: id.groups},
		DNSNames:     id.dnsNames,
		IPAddresses:  id.addresses,
		NotBefore:    now.Add(-time.Minute), // machines may read a clock that is a little behind
		NotAfter:     now.Add(certificateLifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}, nil
}

func writePair(files keyPair, certificate []byte, key crypto.Signer) error {
	if err := writePEM(files.cert, "CERTIFICATE", certificate); err != nil {
		return err
	}
	return writeKey(files.key, key)
}

func writeKey(path string, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode private key %s: %w", path, err)
	}
	return writePEM(path, "PRIVATE KEY", der)
}

func writePEM(path, kind string, der []byte) error {
	block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path, block, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", kind, err)
	}
	return nil
}
