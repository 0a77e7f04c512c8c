package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"time"
)

// readyTimeout bounds the start of one component; the slowest takes a few seconds on an idle machine.
const readyTimeout = 2 * time.Minute

// pollInterval is the time between two looks at something that is starting.
const pollInterval = 50 * time.Millisecond

// healthClient asks the components for their health, and accepts only certificates of the cluster's authority.
func (p *pki) healthClient() *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(p.cluster.certificate)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return &http.Client{Transport: transport, Timeout: 5 * time.Second}
}

// waitHealthy returns when url, which the process serves, answers 200.
func (c *Cluster) waitHealthy(ctx context.Context, p *process, url string) error {
	return c.await(ctx, p, url, func(ctx context.Context) error { return healthy(ctx, c.health, url) })
}

// await calls check until it returns nil. It fails at once when any component ends, and blames p when check does not
// succeed in time.
func (c *Cluster) await(ctx context.Context, p *process, what string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		last := check(ctx)
		if last == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case failure := <-c.failed:
			return failure
		case <-ctx.Done():
			return p.explain(fmt.Errorf("wait for %s: %w (last answer: %v)", what, ctx.Err(), last))
		}
	}
}

func healthy(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP %s: %s", response.Status, body)
	}
	return nil
}
