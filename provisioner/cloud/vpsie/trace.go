package vpsie

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// tracerName is the instrumentation scope of the spans.
const tracerName = "github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"

// startSpan opens the span of one HTTP request. It tells neither the query nor the body.
func (c *Client) startSpan(ctx context.Context, request call) (context.Context, trace.Span) {
	return c.tracer.Start(ctx, "VPSie "+request.name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", request.verb()),
		attribute.String("url.path", request.path),
	))
}

// endSpan closes the span. A status of zero means that no whole answer arrived. The message of an error stays out, since VPSie
// chooses its words.
func endSpan(span trace.Span, status int, err error) {
	if status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if err != nil {
		kind := kindOf(err)
		span.SetAttributes(attribute.String("error.type", kind))
		span.SetStatus(codes.Error, kind)
	}
	span.End()
}

// kindOf names the error of the cloud package that an error is.
func kindOf(err error) string {
	for _, kind := range []error{
		cloud.ErrUnauthorized, cloud.ErrQuota, cloud.ErrSoldOut, cloud.ErrRateLimited, cloud.ErrNotFound, cloud.ErrInvalid,
	} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return cloud.ErrTransient.Error()
}
