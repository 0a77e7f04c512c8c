package vpsie

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Defaults of Options.
const (
	DefaultURL               = "https://api.vpsie.com"
	DefaultVMPath            = "/api/v2/vm"
	DefaultTimeout           = 30 * time.Second
	DefaultRequestsPerMinute = 100
)

// TokenSource returns the API token to use now. It is asked before every request, so the token may be rotated at any time.
type TokenSource func(ctx context.Context) (string, error)

// TokenFromFile reads the token from a file, such as a mounted Secret, each time it is needed. White space around it is dropped.
func TokenFromFile(path string) TokenSource {
	return func(context.Context) (string, error) {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read API token: %w", err)
		}
		return strings.TrimSpace(string(content)), nil
	}
}

// Observer is told about the traffic, for metrics. The method is the adapter's own name of the call, such as "ListMachines".
// Its methods are called from many goroutines at once.
type Observer interface {
	// Call reports one HTTP request, repeated ones included. The status is the HTTP status code, or "error" when no whole
	// answer arrived. The duration leaves out the wait for the rate limit.
	Call(method, status string, duration time.Duration)
	// Failed reports the error of a request, one of the cloud package's.
	Failed(method string, err error)
	// Throttled reports how long a request was held back to keep the rate limit.
	Throttled(method string, wait time.Duration)
}

// Options say how to reach VPSie. Token, ProjectID and ImageID are required.
type Options struct {
	// URL is the origin of the API, scheme and host only. Empty means DefaultURL. It must be https unless the host is loopback.
	URL string
	// VMPath is the path of the machines service, "/api/v2/vm" or "/apps/v2/vm". Empty means DefaultVMPath.
	VMPath string
	// Token returns the API token.
	Token TokenSource
	// ProjectID is the project that new machines belong to.
	ProjectID string
	// ImageID is the operating system image that prices are asked for, and that a create without an image gets.
	ImageID string
	// HoursPerMonth turns monthly prices into hourly ones. Zero means money.HoursPerMonth.
	HoursPerMonth int64
	// CAFile is a PEM file with certificates to trust beside the system's. Empty means none.
	CAFile string
	// Timeout limits one HTTP request. Zero means DefaultTimeout.
	Timeout time.Duration
	// RequestsPerMinute limits the requests sent. Zero means DefaultRequestsPerMinute.
	RequestsPerMinute int
	// Burst is how many requests may be sent at once. Zero means RequestsPerMinute.
	Burst int
	// Observer is told about the traffic. Nil means nobody is.
	Observer Observer
	// Logger gets the few things worth a line. The zero value drops them.
	Logger logr.Logger
	// WrapTransport wraps the HTTP transport, for tracing. Nil means that it is used as it is.
	WrapTransport func(http.RoundTripper) http.RoundTripper
}

func (o *Options) setDefaults() {
	if o.URL == "" {
		o.URL = DefaultURL
	}
	if o.VMPath == "" {
		o.VMPath = DefaultVMPath
	}
	if o.HoursPerMonth == 0 {
		o.HoursPerMonth = money.HoursPerMonth
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.RequestsPerMinute == 0 {
		o.RequestsPerMinute = DefaultRequestsPerMinute
	}
	if o.Burst == 0 {
		o.Burst = o.RequestsPerMinute
	}
	if o.Observer == nil {
		o.Observer = noObserver{}
	}
}

// validate lists every fault of options that have their defaults.
func (o *Options) validate() error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	faults = append(faults, checkOrigin(o.URL))
	fault(!strings.HasPrefix(o.VMPath, "/") || strings.HasSuffix(o.VMPath, "/") || strings.ContainsAny(o.VMPath, "?#"),
		"VMPath %q: want an absolute path such as %s", o.VMPath, DefaultVMPath)
	fault(o.Token == nil, "Token is missing: give a TokenSource, such as TokenFromFile")
	fault(o.ProjectID == "", "ProjectID is missing: give the project that new machines belong to")
	fault(o.ImageID == "", "ImageID is missing: give the operating system image of new machines")
	fault(o.HoursPerMonth < 0, "HoursPerMonth %d: want a positive number, usually %d", o.HoursPerMonth, money.HoursPerMonth)
	fault(o.Timeout < 0, "Timeout %v: want a positive duration", o.Timeout)
	fault(o.RequestsPerMinute < 0, "RequestsPerMinute %d: want a positive number", o.RequestsPerMinute)
	fault(o.Burst < 0, "Burst %d: want a positive number", o.Burst)
	return errors.Join(faults...)
}

// checkOrigin demands a scheme and a host and nothing else, encrypted unless the host is this one.
func checkOrigin(raw string) error {
	origin, err := url.Parse(raw)
	if err != nil || origin.Host == "" || origin.User != nil || origin.RawQuery != "" || strings.Trim(origin.Path, "/") != "" {
		return fmt.Errorf("URL: want scheme and host only, such as %s", DefaultURL)
	}
	if origin.Scheme == "https" || origin.Scheme == "http" && isLoopback(origin.Hostname()) {
		return nil
	}
	return fmt.Errorf("URL %q: want https, plain http would show the token to the network", raw)
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// newTransport is the default transport with the given certificates added.
func newTransport(caFile string) (http.RoundTripper, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return transport, nil
	}
	content, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("CAFile: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("CAFile %q: holds no certificate, want PEM", caFile)
	}
	transport.TLSClientConfig.RootCAs = pool
	return transport, nil
}

type noObserver struct{}

func (noObserver) Call(string, string, time.Duration) {}
func (noObserver) Failed(string, error)               {}
func (noObserver) Throttled(string, time.Duration)    {}
