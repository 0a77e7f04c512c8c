package webhook_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/admissiontest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/webhook"
)

// secretKey is where the webhook keeps its authority and its certificate.
var secretKey = client.ObjectKey{Namespace: "vpsie-system", Name: "vpsie-webhook-cert"}

// served is a webhook with rotation that the API server asks.
type served struct {
	api       client.Client
	namespace string
	address   string
}

func serve(t *testing.T) *served {
	t.Helper()
	api, namespace := writer(t)
	s := &served{api: api, namespace: namespace, address: admissiontest.FreeAddress(t)}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: secretKey.Namespace}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: secretKey.Namespace, Name: secretKey.Name}},
	} {
		if err := client.IgnoreAlreadyExists(api.Create(t.Context(), object)); err != nil {
			t.Fatal(err)
		}
	}
	validating, mutating := loadConfigurations(t)
	for _, configuration := range []client.Object{validating, mutating} {
		if err := webhook.PointToURL(configuration, "https://"+s.address, nil); err != nil {
			t.Fatal(err)
		}
		if err := api.Create(t.Context(), configuration); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := api.Delete(context.Background(), configuration); err != nil {
				t.Error(err)
			}
		})
	}
	s.start(t)
	controlplanetest.Eventually(t, "the webhook to answer the API server", s.create)
	return s
}

func (s *served) start(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	manager := admissiontest.Manager(t, controlplanetest.Shared(t), s.address, dir)
	if err := webhook.Setup(t.Context(), manager, webhook.Options{
		Namespace: secretKey.Namespace, SecretName: secretKey.Name, ServiceName: "vpsie-webhook", ExtraDNSNames: []string{"localhost"},
		Rotate: true, CertDir: dir,
	}); err != nil {
		t.Fatal(err)
	}
	admissiontest.Run(t, manager)
}

// create has the API server ask the webhook about a sound group.
func (s *served) create(ctx context.Context) error {
	group := soundGroup(desired(1))
	group.Namespace, group.Name = s.namespace, "probe"
	return s.api.Create(ctx, group, client.DryRunAll)
}

// post asks the webhook over a connection of its own, as an API server does that has none yet: it trusts what the configuration does.
func (s *served) post(ctx context.Context, trusted []byte, body string) error {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(trusted)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}, DisableKeepAlives: true}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+s.address+webhook.PathNodeGroup, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || !bytes.Contains(answer, []byte(`"allowed":true`)) {
		return fmt.Errorf("%s %s: %w", response.Status, answer, err)
	}
	return nil
}

// shown is the certificate that the webhook shows.
func (s *served) shown(ctx context.Context) (*x509.Certificate, error) {
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // it only looks
	connection, err := dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

func (s *served) secret(t *testing.T) *corev1.Secret {
	t.Helper()
	secret := &corev1.Secret{}
	if err := s.api.Get(t.Context(), secretKey, secret); err != nil {
		t.Fatal(err)
	}
	return secret
}

// Given a certificate that ends soon, when the webhook replaces it, then no request is refused meanwhile, over old connections or new.
func TestACertificateIsRenewedUnderLoad(t *testing.T) {
	s := serve(t)
	secret := s.secret(t)
	body := review(t, admissionv1.Create, soundGroup(desired(1)), nil)
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	var asked, refusals counter
	for _, ask := range []func(context.Context) error{
		s.create, s.create, func(ctx context.Context) error { return s.post(ctx, secret.Data["ca.crt"], body) },
	} {
		load.Go(func() {
			for ctx.Err() == nil {
				err := ask(ctx)
				if ctx.Err() != nil {
					return
				}
				asked.add(nil)
				refusals.add(err)
			}
		})
	}

	first, err := s.shown(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ends := endSoon(t, secret)
	if err := s.api.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	controlplanetest.Eventually(t, "another certificate that lasts", func(ctx context.Context) error {
		now, err := s.shown(ctx)
		if err == nil && (now.Equal(first) || !now.NotAfter.After(ends)) {
			err = fmt.Errorf("it ends %v", now.NotAfter)
		}
		return err
	})
	before := asked.count()
	controlplanetest.Eventually(t, "requests after the renewal", func(context.Context) error {
		if asked.count() < before+50 {
			return fmt.Errorf("%d of 50", asked.count()-before)
		}
		return nil
	})
	stop()
	load.Wait()
	if failed := refusals.errors(); len(failed) > 0 {
		t.Errorf("%d of %d requests were refused, the first: %v", len(failed), asked.count(), failed[0])
	}
	if !bytes.Equal(s.secret(t).Data["ca.crt"], secret.Data["ca.crt"]) {
		t.Error("the authority was replaced with the certificate")
	}
}

// endSoon puts a certificate into the Secret that its authority has signed for an hour, and returns when it ends.
func endSoon(t *testing.T, secret *corev1.Secret) time.Time {
	t.Helper()
	authority, err := tls.X509KeyPair(secret.Data["ca.crt"], secret.Data["ca.key"])
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	present, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
	template, err := x509.ParseCertificate(present.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotAfter = big.NewInt(42), time.Now().Add(time.Hour)
	template.SignatureAlgorithm, template.PublicKeyAlgorithm, template.PublicKey = 0, 0, nil
	der, err := x509.CreateCertificate(rand.Reader, template, authority.Leaf, key.Public(), authority.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	secret.Data[corev1.TLSCertKey] = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	secret.Data[corev1.TLSPrivateKeyKey] = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	return template.NotAfter
}

// counter counts what several goroutines did and keeps their errors.
type counter struct {
	mu     sync.Mutex
	done   int
	failed []error
}

func (c *counter) add(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	if err != nil {
		c.failed = append(c.failed, err)
	}
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done
}

func (c *counter) errors() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}
