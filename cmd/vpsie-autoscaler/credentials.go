package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// credentialSource is where the client takes its credentials from, and the rotation that renews them; nil with files, which are
// read again for every request.
func (p *process) credentialSource(meters *telemetry.Metrics) (vpsie.CredentialSource, *rotation, error) {
	settings := p.settings.VPSie
	switch {
	case settings.SecretName != "":
		rotation, err := p.newRotation(meters)
		if err != nil {
			return nil, nil, err
		}
		return rotation.held.Credentials, rotation, nil
	case settings.ClientID != "":
		return vpsie.ClientFromFile(settings.ClientID, settings.ClientSecretFile), nil, nil
	}
	return vpsie.TokenFromFile(settings.TokenFile), nil, nil
}

// credentialsOf reads the keys of the Secret. A token wins over a client. No error repeats a value.
func credentialsOf(data map[string][]byte, origin string) (vpsie.Credentials, error) {
	text := func(key string) string { return strings.TrimSpace(string(data[key])) }
	if place := text("url"); place != "" && !sameOrigin(place, origin) {
		return vpsie.Credentials{}, fmt.Errorf(
			"the key url names another origin than vpsie.url, which is %s: remove the key or correct one of the two", origin)
	}
	found := vpsie.APIClient(text("clientId"), text("clientSecret"))
	if token := text("token"); token != "" {
		found = vpsie.APIToken(token)
	}
	if !found.Complete() {
		return vpsie.Credentials{}, errors.New("want the key token, or the keys clientId and clientSecret, none of them empty")
	}
	return found, nil
}

// sameOrigin reports whether two URLs have the same scheme and host. Paths do not matter: VPSie's own Secrets name some.
func sameOrigin(a, b string) bool {
	first, err := url.Parse(a)
	if err != nil {
		return false
	}
	second, err := url.Parse(b)
	return err == nil && first.Scheme == second.Scheme && strings.EqualFold(first.Host, second.Host)
}
