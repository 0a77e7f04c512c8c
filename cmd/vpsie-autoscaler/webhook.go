package main

import (
	"context"
	"fmt"
	"os"

	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/vpsie/vpsie-autoscaler/webhook"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// addWebhook adds the admission handlers and the rotation of their certificate.
func (p *process) addWebhook(ctx context.Context) error {
	settings := p.settings.Webhook
	policy, err := pod.ParsePolicy(settings.PodPolicy)
	if err != nil {
		return fmt.Errorf("webhook.podPolicy: %w", err)
	}
	rules, err := readPodRules(settings.PodRulesFile)
	if err != nil {
		return err
	}
	names, err := p.hostnames(ctx)
	if err != nil {
		return err
	}
	options := webhook.Options{
		Made: names.Made,

		Namespace:      p.settings.Cluster.Namespace,
		SecretName:     settings.SecretName,
		ServiceName:    settings.ServiceName,
		ExtraDNSNames:  settings.DNSNames,
		Rotate:         settings.RotateCertificates,
		CertDir:        settings.CertDir,
		Pods:           webhook.PodOptions{SchedulerName: settings.SchedulerName, Rules: rules, Policy: policy},
		SchedulerNames: p.settings.Controller.SchedulerNames,

		EvictionsPerMinute: settings.EvictionsPerMinute,
		Registerer:         metrics.Registry,
	}
	if p.settings.VPSie.HasCredentials() {
		shop, err := p.shop()
		if err != nil {
			return err
		}
		options.Cloud = &webhook.Cloud{
			Datacenters: shop.provider.Datacenters, Offerings: shop.offerings, Capabilities: shop.provider.Capabilities(),
		}
	}
	return webhook.Setup(ctx, p.manager, options)
}

// readPodRules reads the rules for pods; none without a file.
func readPodRules(path string) ([]pod.Rule, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("webhook.podRulesFile: %w", err)
	}
	defer file.Close()
	rules, err := pod.ReadRules(file)
	if err != nil {
		return nil, fmt.Errorf("webhook.podRulesFile %s: %w", path, err)
	}
	return rules, nil
}
