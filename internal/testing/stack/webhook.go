package stack

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/webhook"
)

// startWebhook registers and starts the webhook. The API server calls it by URL, since no Service leads out of the cluster.
func (s *Stack) startWebhook(ctx context.Context) error {
	port, args, err := s.webhookArguments("webhook-tls")
	if err != nil {
		return err
	}
	if err := s.Cluster.ApplyFiles(ctx, s.manifest("webhook", "secret.yaml")); err != nil {
		return err
	}
	baseURL := "https://" + net.JoinHostPort("localhost", port)
	if err := s.registerWebhook(ctx, "validatingwebhookconfiguration.yaml", &admissionregistrationv1.ValidatingWebhookConfiguration{}, baseURL); err != nil {
		return err
	}
	if err := s.registerWebhook(ctx, "mutatingwebhookconfiguration.yaml", &admissionregistrationv1.MutatingWebhookConfiguration{}, baseURL); err != nil {
		return err
	}
	s.webhook = slices.Concat(args, s.cloudArguments(), []string{"--vpsie-token-file", s.Simulator.TokenFile})
	return s.StartWebhook(ctx)
}

// StartWebhook starts the webhook on the address that the API server knows, also after it was killed.
func (s *Stack) StartWebhook(ctx context.Context) error { return s.startPart(ctx, Webhook, s.webhook) }

// webhookArguments make a webhook listen on a free port, with its certificate in a folder of that name.
func (s *Stack) webhookArguments(certDir string) (port string, args []string, err error) {
	address, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", nil, err
	}
	return port, []string{
		"--webhook-host", host, "--webhook-port", port, "--webhook-dns-names", "localhost",
		"--webhook-cert-dir", filepath.Join(s.options.Dir, certDir),
	}, nil
}

// registerWebhook creates a webhook configuration of the manifests that calls a URL.
func (s *Stack) registerWebhook(ctx context.Context, file string, into client.Object, baseURL string) error {
	path := s.manifest("webhook", file)
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := webhook.PointToURL(into, baseURL, nil); err != nil {
		return err
	}
	return s.Client.Create(ctx, into)
}
