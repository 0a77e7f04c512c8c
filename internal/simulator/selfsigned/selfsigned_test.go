package selfsigned_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/selfsigned"
)

func ensure(t *testing.T, dir string) tls.Certificate {
	t.Helper()
	certificate, err := selfsigned.Ensure(dir)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestClientThatTrustsTheAuthorityReachesTheServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{ensure(t, dir)}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(read(t, dir, selfsigned.CAFile))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	client.CloseIdleConnections()
}

func TestCertificatesAreKept(t *testing.T) {
	dir := t.TempDir()
	ensure(t, dir)
	before := read(t, dir, selfsigned.CAFile)
	ensure(t, dir)
	if !bytes.Equal(before, read(t, dir, selfsigned.CAFile)) {
		t.Error("the authority changed although the certificate is still good")
	}
}

func TestBrokenCertificatesAreReplaced(t *testing.T) {
	for _, name := range []string{selfsigned.CAFile, selfsigned.CertFile, selfsigned.KeyFile} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ensure(t, dir)
			if err := os.WriteFile(filepath.Join(dir, name), []byte("broken"), 0o600); err != nil {
				t.Fatal(err)
			}
			ensure(t, dir)
		})
	}
}

func TestKeyIsForTheOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	ensure(t, dir)
	info, err := os.Stat(filepath.Join(dir, selfsigned.KeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v, want 0600", info.Mode(), err)
	}
}

func TestDirectoryThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := selfsigned.Ensure(filepath.Join(file, "below")); err == nil {
		t.Error("want an error")
	}
}
