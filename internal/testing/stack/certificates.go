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
