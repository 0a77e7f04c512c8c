package main

import (
	"context"

	"github.com/vpsie/vpsie-autoscaler/webhook"
)

// addWebhook adds the admission handlers and the rotation of their certificate.
func (p *process) addWebhook(context.Context) error {
	settings := p.settings.Webhook
	return webhook.Setup(p.manager, webhook.Options{
		Namespace:     p.settings.Cluster.Namespace,
		SecretName:    settings.SecretName,
		ServiceName:   settings.ServiceName,
		ExtraDNSNames: settings.DNSNames,
		Rotate:        settings.RotateCertificates,
		CertDir:       settings.CertDir,
	})
}
