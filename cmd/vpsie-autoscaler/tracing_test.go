package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

// collector is what there must be of OTLP over gRPC: it takes every export and remembers the bytes.
func collector(t *testing.T, got *bytes.Buffer) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "TraceService/Export") {
			_, _ = io.Copy(got, r.Body)
		}
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = w.Write(make([]byte, 5)) // an empty message that is not compressed
		w.Header().Set("Grpc-Status", "0")
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestSpansReachTheCollectorBeforeTheProcessEnds(t *testing.T) {
	var got bytes.Buffer
	spans, err := newSpans(config.Tracing{Endpoint: collector(t, &got)})
	if err != nil {
		t.Fatal(err)
	}
	_, span := spans.Tracer("test").Start(t.Context(), "VPSie ListMachines")
	span.End()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := (flusher{spans}).Start(ctx); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"VPSie ListMachines", "vpsie-autoscaler"} {
		if !bytes.Contains(got.Bytes(), []byte(want)) {
			t.Errorf("no %q in the %d bytes that arrived", want, got.Len())
		}
	}
}
