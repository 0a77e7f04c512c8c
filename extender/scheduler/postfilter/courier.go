package postfilter

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

// courier posts reports to every address of the endpoint.
type courier struct {
	target  *url.URL
	timeout time.Duration
	client  *http.Client
	book    *addressBook
	log     logr.Logger
}

func newCourier(args Args, log logr.Logger) (*courier, error) {
	target, err := url.Parse(args.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", args.Endpoint, err)
	}
	security, err := newTLSConfig(args, target.Hostname())
	if err != nil {
		return nil, err
	}
	return &courier{
		target: target, timeout: args.Timeout.Duration, log: log,
		client: &http.Client{
			// The addresses are those of pods: no proxy can be between.
			Transport:     &http.Transport{TLSClientConfig: security, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: idleTimeout},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		book: newAddressBook(target.Hostname(), net.DefaultResolver.LookupHost),
	}, nil
}

// idleTimeout is a little less than that of the receiver, so that it is not the one to hang up.
const idleTimeout = 90 * time.Second

// newTLSConfig says whom we trust and what we show. The addresses of the endpoint are numbers, so that the name must be told.
func newTLSConfig(args Args, host string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if args.ServerName != "" {
		config.ServerName = args.ServerName
	}
	if args.CAFile != "" {
		pem, err := os.ReadFile(args.CAFile)
		if err != nil {
			return nil, fmt.Errorf("caFile: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("caFile %s: holds no certificate in PEM", args.CAFile)
		}
	}
	if args.CertFile != "" {
		if _, err := tls.LoadX509KeyPair(args.CertFile, args.KeyFile); err != nil {
			return nil, fmt.Errorf("certFile %s and keyFile %s: %w", args.CertFile, args.KeyFile, err)
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(args.CertFile, args.KeyFile)
			return &pair, err
		}
	}
	return config, nil
}

// errNobody is the error of a report that was not even tried: the endpoint has no address that has not failed just now.
var errNobody = errors.New("the endpoint has no address that works")

// deliver posts the report to all addresses at once. It fails if none of them took it.
func (c *courier) deliver(life context.Context, report *diagnosis.Report) error {
	body, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	ctx, cancel := context.WithTimeout(life, c.timeout)
	defer cancel()
	addresses, err := c.book.usable(ctx, time.Now())
	if err != nil {
		return err
	}
	if len(addresses) == 0 {
		return errNobody
	}
	failures := make([]error, len(addresses))
	var posts sync.WaitGroup
	for i, address := range addresses {
		posts.Go(func() { failures[i] = c.post(ctx, address, body) })
	}
	posts.Wait()
	if life.Err() != nil {
		return life.Err() // which is not the fault of the addresses
	}
	return c.judge(addresses, failures)
}

// judge takes down which addresses took a report.
func (c *courier) judge(addresses []string, failures []error) error {
	delivered := false
	for i, address := range addresses {
		delivered = delivered || failures[i] == nil
		if c.book.note(address, failures[i] == nil, time.Now()) {
			c.log.Info("A receiver of diagnoses has changed", "address", address, "failure", fmt.Sprint(failures[i]))
		}
	}
	if delivered {
		return nil
	}
	return errors.Join(failures...)
}

func (c *courier) post(ctx context.Context, address string, body []byte) error {
	to := url.URL{Scheme: c.target.Scheme, Host: net.JoinHostPort(address, c.target.Port()), Path: diagnosis.Path}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Host = c.target.Host
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	words, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("answered %s: %s", answer.Status, bytes.TrimSpace(words))
	}
	return err
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 1 << 10
