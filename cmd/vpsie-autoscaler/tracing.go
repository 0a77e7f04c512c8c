package main

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

// flushTimeout is how long the last spans may take to leave.
const flushTimeout = 5 * time.Second

// tracerProvider makes the spans of calls to the VPSie API, and drops them when no collector is configured.
func (p *process) tracerProvider() (trace.TracerProvider, error) {
	if p.settings.Tracing.Endpoint == "" {
		return noop.NewTracerProvider(), nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		p.log.WithName("tracing").V(1).Info("Spans were lost", "reason", err.Error())
	}))
	spans, err := newSpans(p.settings.Tracing)
	if err != nil {
		return nil, err
	}
	return spans, p.manager.Add(flusher{spans})
}

// newSpans makes spans that go to the collector. The connection is made in the background; a collector that is down holds nothing up.
func newSpans(settings config.Tracing) (*sdktrace.TracerProvider, error) {
	options := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(settings.Endpoint)}
	if !settings.Secure {
		options = append(options, otlptracegrpc.WithInsecure())
	}
	exporter, err := otlptracegrpc.New(context.Background(), options...)
	if err != nil {
		return nil, fmt.Errorf("tracing.endpoint: %w", err)
	}
	return sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "vpsie-autoscaler"))),
	), nil
}

// flusher sends the last spans when the process stops.
type flusher struct{ spans *sdktrace.TracerProvider }

// NeedLeaderElection is false: every replica has spans.
func (flusher) NeedLeaderElection() bool { return false }

// Start waits for the end.
func (f flusher) Start(ctx context.Context) error {
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	_ = f.spans.Shutdown(ctx) // spans that cannot leave are no reason to fail
	return nil
}
