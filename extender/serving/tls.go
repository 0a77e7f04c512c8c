package serving

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

// newTLSConfig is nil when the options name no certificate. Otherwise it follows changes of the certificate until the context
// ends, and asks for a client certificate if the options name an authority for it.
func newTLSConfig(ctx context.Context, opts Options) (*tls.Config, error) {
	if opts.CertFile == "" {
		return nil, nil
	}
	watcher, err := certwatcher.New(opts.CertFile, opts.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load certificate %s and key %s: %w", opts.CertFile, opts.KeyFile, err)
	}
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: watcher.GetCertificate,
	}
	if opts.ClientCAFile != "" {
		if config.ClientCAs, err = loadAuthorities(opts.ClientCAFile); err != nil {
			return nil, err
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	go func() {
		if err := watcher.Start(ctx); err != nil {
			opts.Log.Error(err, "The certificate is no longer watched: a renewed one needs a restart", "server", opts.Name)
		}
	}()
	return config, nil
}

func loadAuthorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read client CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("client CA file %s: holds no certificate in PEM", file)
	}
	return pool, nil
}
