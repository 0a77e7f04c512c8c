package webhook

import (
	"fmt"
	"net/url"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// PointToURL makes the webhooks of a configuration be called at a base URL, such as https://localhost:9443, in place of a
// Service: the API server then reaches a webhook that runs outside the cluster. The path of each webhook stays. A caBundle is
// set unless it is nil. The configuration is changed in place; it must be a *ValidatingWebhookConfiguration or a
// *MutatingWebhookConfiguration of admissionregistration.k8s.io/v1.
func PointToURL(configuration client.Object, baseURL string, caBundle []byte) error {
	base, err := url.Parse(baseURL)
	if err != nil || base.Scheme != "https" || base.Host == "" || strings.Trim(base.Path, "/") != "" {
		return fmt.Errorf("webhook URL %q: want https://host:port, without a path", baseURL)
	}
	clients, err := clientConfigs(configuration)
	if err != nil {
		return err
	}
	for _, c := range clients {
		target := base.JoinPath(pathOf(c)).String()
		c.URL, c.Service = &target, nil
		if caBundle != nil {
			c.CABundle = caBundle
		}
	}
	return nil
}

// pathOf is the path that a webhook is called at, whichever way it is called.
func pathOf(c *admissionregistrationv1.WebhookClientConfig) string {
	if c.Service != nil && c.Service.Path != nil {
		return *c.Service.Path
	}
	if c.URL != nil {
		if called, err := url.Parse(*c.URL); err == nil {
			return called.Path
		}
	}
	return "/"
}

func clientConfigs(configuration client.Object) ([]*admissionregistrationv1.WebhookClientConfig, error) {
	var clients []*admissionregistrationv1.WebhookClientConfig
	switch c := configuration.(type) {
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		for i := range c.Webhooks {
			clients = append(clients, &c.Webhooks[i].ClientConfig)
		}
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		for i := range c.Webhooks {
			clients = append(clients, &c.Webhooks[i].ClientConfig)
		}
	default:
		return nil, fmt.Errorf("%T: want a ValidatingWebhookConfiguration or a MutatingWebhookConfiguration", configuration)
	}
	return clients, nil
}
