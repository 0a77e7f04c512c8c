package vpsie_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

func TestEveryRequestHasASpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, o := withLogin()
		a.on(listDatacenters, answers(answer(502, "<html>"), answer(200, oneDatacenter)))
		a.on(createVM, answer(500, `{"error":true,"message":"quota exceeded `+clientSecret+`"}`))
		spans := tracetest.NewSpanRecorder()
		o.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
		client := newClientWith(t, o)
		parent, end := o.TracerProvider.Tracer("test").Start(t.Context(), "parent")
		_, _ = client.Datacenters(parent)
		_ = client.Create(context.WithoutCancel(parent), createRequest())
		end.End()

		var got []string
		for _, span := range spans.Ended() {
			if span.Name() == "parent" {
				continue
			}
			line := fmt.Sprint(span.Name(), " ", span.SpanKind(), " ", span.Status().Code, " ", span.Status().Description, ":")
			for _, attribute := range span.Attributes() {
				line += fmt.Sprintf(" %s=%s", attribute.Key, attribute.Value.String())
			}
			got = append(got, line)
			if span.Parent().SpanID() != trace.SpanFromContext(parent).SpanContext().SpanID() {
				t.Errorf("%s is not within the caller's span", span.Name())
			}
		}
		want := []string{
			"VPSie Login client Unset : http.request.method=POST url.path=/apps/v2/auth/from/api http.response.status_code=200",
			"VPSie ListDatacenters client Error cloud failed: http.request.method=GET url.path=/apps/v2/datacenter http.response.status_code=502 error.type=cloud failed",
			"VPSie ListDatacenters client Unset : http.request.method=GET url.path=/apps/v2/datacenter http.response.status_code=200",
			"VPSie CreateMachine client Error quota exceeded: http.request.method=POST url.path=/api/v2/vm http.response.status_code=500 error.type=quota exceeded",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("spans (-want +got):\n%s", diff)
		}
		if strings.Contains(strings.Join(got, ""), clientSecret) {
			t.Error("a span tells a secret")
		}
	})
}
