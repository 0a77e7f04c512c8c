package webhook

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"
)

func TestTheRotatorSeesOnlyOurOwnObjects(t *testing.T) {
	cases := map[string]struct{ method, path, want string }{
		"secrets are listed by name":        {"GET", "/api/v1/namespaces/vpsie-system/secrets?limit=500", "metadata.name=cert"},
		"and watched by name":               {"GET", "/api/v1/namespaces/vpsie-system/secrets?watch=true&fieldSelector=a%3Db", "metadata.name=cert"},
		"validating configurations, too":    {"GET", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", "metadata.name=vpsie-autoscaler"},
		"mutating configurations, too":      {"GET", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", "metadata.name=vpsie-autoscaler"},
		"one object is named already":       {"GET", "/api/v1/namespaces/vpsie-system/secrets/cert", ""},
		"writes are left alone":             {"POST", "/api/v1/namespaces/vpsie-system/secrets", ""},
		"discovery is left alone":           {"GET", "/apis/admissionregistration.k8s.io/v1", ""},
		"other resources are not our thing": {"GET", "/api/v1/namespaces", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got *http.Request
			transport := byName{
				names: map[string]string{
					"secrets":                         "cert",
					"validatingwebhookconfigurations": ConfigurationName,
					"mutatingwebhookconfigurations":   ConfigurationName,
				},
				next: roundTrip(func(r *http.Request) { got = r }),
			}
			request := httptest.NewRequest(c.method, "https://api"+c.path, nil)
			before := request.URL.String()
			response, err := transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if selector := got.URL.Query().Get("fieldSelector"); selector != c.want {
				t.Errorf("fieldSelector %q, want %q", selector, c.want)
			}
			if request.URL.String() != before {
				t.Error("the caller's request was changed")
			}
		})
	}
}

// roundTrip answers every request with nothing, after the function saw it.
type roundTrip func(*http.Request)

func (see roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	see(r)
	return httptest.NewRecorder().Result(), nil
}

func TestTheCertificateIsCopiedIntoItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet")
	steps := []struct {
		name, cert, key   string
		wantCert, wantKey string
	}{
		{"nothing comes of an empty Secret", "", "", "", ""},
		{"nor of half a certificate", "c1", "", "", ""},
		{"the first certificate", "c1", "k1", "c1", "k1"},
		{"a renewed one", "c2", "k2", "c2", "k2"},
		{"an emptied Secret leaves the last one", "", "", "c2", "k2"},
	}
	for _, step := range steps {
		data := map[string][]byte{"tls.crt": []byte(step.cert), "tls.key": []byte(step.key), "ca.key": []byte("secret")}
		if err := writeCertificate(dir, data); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		for file, want := range map[string]string{"tls.crt": step.wantCert, "tls.key": step.wantKey} {
			got, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil && !(want == "" && errors.Is(err, os.ErrNotExist)) || string(got) != want {
				t.Errorf("%s: %s holds %q, %v, want %q", step.name, file, got, err, want)
			}
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("the folder holds %v, %v, want the certificate and its key only", left, err)
	}
}

func TestAFolderThatCannotBeWrittenIsNamedUnlessItIsRightAlready(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := writeCertificate(file, map[string][]byte{"tls.crt": []byte("c"), "tls.key": []byte("k")})
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("writeCertificate = %v, want an error that names %s", err, file)
	}
}

func TestTheServerStartsOnlyWithACertificate(t *testing.T) {
	issued := make(chan struct{})
	served := make(chan struct{})
	late := &lateServer{issued: issued, serve: func() ctrlwebhook.Server {
		close(served)
		return ctrlwebhook.NewServer(ctrlwebhook.Options{Port: -1})
	}}
	done := make(chan error, 1)
	go func() { done <- late.Start(t.Context()) }()
	if late.ready(nil) == nil {
		t.Error("ready without a certificate")
	}
	select {
	case <-served:
		t.Fatal("served without a certificate")
	default:
	}
	close(issued)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	<-served
	if err := late.ready(nil); err != nil {
		t.Errorf("ready = %v after the start", err)
	}
}

func TestMissingOptionsAreNamed(t *testing.T) {
	cases := map[string]struct {
		opts Options
		want []string
	}{
		"nothing":               {Options{}, []string{"Namespace"}},
		"nothing, but rotation": {Options{Rotate: true}, []string{"Namespace", "SecretName", "ServiceName"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := Setup(t.Context(), nil, c.opts)
			for _, field := range c.want {
				if err == nil || !strings.Contains(err.Error(), field) {
					t.Errorf("Setup = %v, want an error that names %s", err, field)
				}
			}
		})
	}
}
