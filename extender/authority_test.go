package extender_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/localca"
)

// authority is a certificate authority that lives for one test.
type authority struct{ *localca.Authority }

func newAuthority(t *testing.T) *authority {
	t.Helper()
	made, err := localca.New("authority", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{made}
}

// issue writes a certificate for the loopback, and its key, into the folder.
func (a *authority) issue(t *testing.T, dir, name string) (certFile, keyFile string) {
	t.Helper()
	cert, key, err := a.Issue(name, x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	for file, content := range map[string][]byte{certFile: cert, keyFile: key} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// client trusts servers of the authority and shows certificates of the given authorities.
func (a *authority) client(t *testing.T, from ...*authority) *http.Client {
	t.Helper()
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AddCert(a.Certificate)
	for _, issuer := range from {
		certFile, keyFile := issuer.issue(t, t.TempDir(), "client")
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		// Shown whatever authorities the server asks for, as a misconfigured client would.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
}
