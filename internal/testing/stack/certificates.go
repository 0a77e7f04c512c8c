package stack

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/localca"
)

// certificateLifetime outlives any test and any demonstration.
const certificateLifetime = 24 * time.Hour

// Certificates are the files of an authority and of what it vouches for, between kube-scheduler and the extender. Both are valid for
// localhost.
type Certificates struct {
	CA                    string
	ServerCert, ServerKey string
	ClientCert, ClientKey string
}

// WriteCertificates makes an authority and what it vouches for, and writes them into a folder.
func WriteCertificates(dir string) (Certificates, error) {
	files := Certificates{
		CA:         filepath.Join(dir, "extender-ca.crt"),
		ServerCert: filepath.Join(dir, "extender.crt"), ServerKey: filepath.Join(dir, "extender.key"),
		ClientCert: filepath.Join(dir, "scheduler.crt"), ClientKey: filepath.Join(dir, "scheduler.key"),
	}
	authority, err := localca.New("vpsie-autoscaler local authority", certificateLifetime)
	if err != nil {
		return files, err
	}
	contents := map[string][]byte{files.CA: authority.PEM()}
	contents[files.ServerCert], contents[files.ServerKey], err = authority.Issue("vpsie-extender", x509.ExtKeyUsageServerAuth)
	if err != nil {
		return files, err
	}
	contents[files.ClientCert], contents[files.ClientKey], err = authority.Issue("kube-scheduler", x509.ExtKeyUsageClientAuth)
	if err != nil {
		return files, err
	}
	for path, content := range contents {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return files, err
		}
	}
	return files, nil
}

// ClientSettings are the tlsConfig with which kube-scheduler calls an extender that has the server's certificate.
func (c Certificates) ClientSettings() map[string]any {
	return map[string]any{"serverName": "localhost", "caFile": c.CA, "certFile": c.ClientCert, "keyFile": c.ClientKey}
}
