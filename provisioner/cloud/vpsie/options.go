package vpsie

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/internal/loopback"
)

// Defaults of Options.
const (
	DefaultURL               = "https://api.vpsie.com"
	DefaultVMPath            = "/api/v2/vm"
	DefaultTimeout           = 30 * time.Second
	DefaultRequestsPerMinute = 100
	DefaultBreakerFailures   = 5
	DefaultBreakerPause      = 30 * time.Second
)

// UserDataVia is a way to hand a machine its user data.
type UserDataVia string

// Ways to hand over user data.
const (
	// ViaUserData sends it with the order, for images whose cloud-init reads the NoCloud seed that VPSie makes of it.
	ViaUserData UserDataVia = "userData"
	// ViaScript stores a script that feeds it to cloud-init, for images on which the first way does not work.
	ViaScript UserDataVia = "script"
)

// Options say how to reach VPSie. Credentials are required, and ProjectID and ImageID unless ManagedKubernetes is set.
type Options struct {
	// URL is the origin of the API, scheme and host only. Empty means DefaultURL. It must be https unless the host is loopback.
	URL string
	// VMPath is the path of the machines service, "/api/v2/vm" or "/apps/v2/vm". Empty means DefaultVMPath.
	VMPath string
	// Credentials returns what proves the account.
	Credentials CredentialSource
	// ManagedKubernetes means that no machines are ordered through this client, as they are workers of a managed cluster. It then
	// needs neither ProjectID nor ImageID, and refuses Create.
	ManagedKubernetes bool
	// ProjectID is the project that new machines belong to.
	ProjectID string
	// ImageID is the operating system image that prices are asked for, and that a create without an image gets.
	ImageID string
	// UserDataVia is how machines get their user data. Empty means ViaUserData.
	UserDataVia UserDataVia
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
	// BreakerFailures is how many outages in a row stop all requests. Zero means DefaultBreakerFailures.
	BreakerFailures int
	// BreakerPause is how long they stay stopped. Zero means DefaultBreakerPause.
	BreakerPause time.Duration
	// TracerProvider makes the spans of the requests. Nil means OpenTelemetry's global one.
	TracerProvider trace.TracerProvider
	// Observer is told about the traffic. Nil means nobody is.
	Observer Observer
	// Logger gets the few things worth a line. The zero value drops them.
	Logger logr.Logger
	// WrapTransport wraps the HTTP transport. Nil means that it is used as it is.
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
	if o.UserDataVia == "" {
		o.UserDataVia = ViaUserData
	}
	if o.BreakerFailures == 0 {
		o.BreakerFailures = DefaultBreakerFailures
	}
	if o.BreakerPause == 0 {
		o.BreakerPause = DefaultBreakerPause
	}
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
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
	fault(o.Credentials == nil, "Credentials are missing: give a CredentialSource, such as TokenFromFile")
	fault(o.ProjectID == "" && !o.ManagedKubernetes, "ProjectID is missing: give the project that new machines belong to")
	fault(o.ImageID == "" && !o.ManagedKubernetes, "ImageID is missing: give the operating system image of new machines")
	fault(o.HoursPerMonth < 0, "HoursPerMonth %d: want a positive number, usually %d", o.HoursPerMonth, money.HoursPerMonth)
	fault(o.Timeout < 0, "Timeout %v: want a positive duration", o.Timeout)
	fault(o.RequestsPerMinute < 0, "RequestsPerMinute %d: want a positive number", o.RequestsPerMinute)
	fault(o.Burst < 0, "Burst %d: want a positive number", o.Burst)
	fault(o.UserDataVia != ViaUserData && o.UserDataVia != ViaScript,
		"UserDataVia %q: want %s or %s", o.UserDataVia, ViaUserData, ViaScript)
	fault(o.BreakerFailures < 0, "BreakerFailures %d: want a positive number", o.BreakerFailures)
	fault(o.BreakerPause < 0, "BreakerPause %v: want a positive duration", o.BreakerPause)
	return errors.Join(faults...)
}

// checkOrigin demands a scheme and a host and nothing else, encrypted unless the host is this one.
func checkOrigin(raw string) error {
	origin, err := url.Parse(raw)
	if err != nil || origin.Host == "" || origin.User != nil || origin.RawQuery != "" || strings.Trim(origin.Path, "/") != "" {
		return fmt.Errorf("URL: want scheme and host only, such as %s", DefaultURL)
	}
	if origin.Scheme == "https" || origin.Scheme == "http" && loopback.Host(origin.Hostname()) {
		return nil
	}
	return fmt.Errorf("URL %q: want https, plain http would show the token to the network", raw)
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
