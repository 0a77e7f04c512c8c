package vpsie

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Client is VPSie as a cloud.Provider. Make one with New.
type Client struct {
	options   Options
	origin    string
	http      *http.Client
	limiter   *rate.Limiter
	hold      hold
	breaker   *breaker
	tracer    trace.Tracer
	sessions  sessions
	offerings offeringCache
	keys      keyMemory
	scripts   scriptMemory
}

var _ cloud.Provider = (*Client)(nil)

// New checks the options and returns a Client; it sends nothing. Its error lists every fault of the options.
func New(options Options) (*Client, error) {
	options.setDefaults()
	transport, caErr := newTransport(options.CAFile)
	if err := errors.Join(options.validate(), caErr); err != nil {
		return nil, fmt.Errorf("VPSie client options:\n%w", err)
	}
	if options.WrapTransport != nil {
		transport = options.WrapTransport(transport)
	}
	return &Client{
		options: options,
		origin:  strings.TrimRight(options.URL, "/"),
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		limiter:   rate.NewLimiter(rate.Limit(float64(options.RequestsPerMinute)/60), options.Burst),
		breaker:   newBreaker(options),
		tracer:    options.TracerProvider.Tracer(tracerName),
		sessions:  newSessions(),
		offerings: newOfferingCache(),
		keys:      keyMemory{put: map[string]sets.Set[string]{}},
		scripts:   scriptMemory{seen: map[string]time.Time{}},
	}, nil
}

const datacentersPath = "/apps/v2/datacenter"

// Datacenters implements cloud.Provider. Data centres that are switched off or deleted are left out.
func (c *Client) Datacenters(ctx context.Context) ([]cloud.Datacenter, error) {
	rows, err := list[datacenterRecord](ctx, c, call{name: "ListDatacenters", path: datacentersPath})
	if err != nil {
		return nil, fmt.Errorf("list data centres: %w", err)
	}
	var found []cloud.Datacenter
	for _, row := range rows {
		if row.Identifier != "" && row.IsActive.yes() && !row.IsDeleted.yes() {
			found = append(found, cloud.Datacenter{ID: string(row.Identifier), Name: string(row.Name)})
		}
	}
	return found, nil
}
