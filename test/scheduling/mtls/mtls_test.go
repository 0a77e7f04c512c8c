package mtls_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/mtls"
)

func TestBothSidesShowCertificates(t *testing.T) {
	files, err := stack.WriteCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	address, err := mtls.Serve(t.Context(), files, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto+" "+r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	if err != nil {
		t.Fatal(err)
	}
	client, err := mtls.Client(files)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	response, err := client.Get("https://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "HTTP/1.1 kube-scheduler" {
		t.Errorf("got %q, %v", body, err)
	}
	strangers, err := stack.WriteCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := mtls.Client(strangers)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := stranger.Get("https://" + address); err == nil {
		_ = response.Body.Close()
		t.Error("a stranger was served")
	}
}
