package cluster

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
)

func readCertificate(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(content)
	if block == nil {
		t.Fatalf("%s holds no PEM", path)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// verify checks a certificate against an authority, and the name of a server unless that is empty.
func verify(certificate *x509.Certificate, a *authority, server string) error {
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	_, err := certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: server, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

func TestAPIServerIsTrustedUnderEachOfItsNames(t *testing.T) {
	p, err := newPKI(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	certificate := readCertificate(t, p.apiServer.cert)
	for _, name := range []string{"127.0.0.1", "10.0.0.1", "localhost", "kubernetes.default.svc"} {
		if err := verify(certificate, p.cluster, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if verify(certificate, p.cluster, "example.com") == nil {
		t.Error("the certificate is good for example.com too")
	}
}

func TestCertificatesOfTheClusterDoNotOpenTheStore(t *testing.T) {
	p, err := newPKI(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if verify(readCertificate(t, p.admin.cert), p.etcd, "") == nil {
		t.Error("etcd would accept the administrator of the cluster")
	}
	if err := verify(readCertificate(t, p.etcdClient.cert), p.etcd, ""); err != nil {
		t.Errorf("etcd would refuse the API server: %v", err)
	}
}

func TestOnlyTheOwnerCanReadKeys(t *testing.T) {
	dir := t.TempDir()
	if _, err := newPKI(dir); err != nil {
		t.Fatal(err)
	}
	keys, err := filepath.Glob(filepath.Join(dir, "*.key"))
	if err != nil || len(keys) == 0 {
		t.Fatalf("keys: %v (error %v)", keys, err)
	}
	for _, key := range keys {
		info, err := os.Stat(key)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", key, info.Mode().Perm())
		}
	}
}
