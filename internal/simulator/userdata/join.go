package userdata

import (
	"errors"
	"regexp"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// The only configuration that is understood.
const (
	joinAPIVersion = "kubeadm.k8s.io/v1beta4"
	joinKind       = "JoinConfiguration"
)

// Join is what a kubeadm JoinConfiguration says. It holds a secret (the token): never log it.
type Join struct {
	TokenID, TokenSecret string
	Endpoint             string   // host:port of the API server
	CACertHashes         []string // "sha256:" and hexadecimal digits; empty only with SkipCAVerification
	SkipCAVerification   bool
	NodeName             string // empty stands for the host name
	Taints               []corev1.Taint
	KubeletArgs          map[string]string // without leading dashes; the last one of a name wins
}

// joinConfiguration is the part of the v1beta4 type that matters here.
type joinConfiguration struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Discovery  struct {
		BootstrapToken *struct {
			Token                    string   `json:"token"`
			APIServerEndpoint        string   `json:"apiServerEndpoint"`
			CACertHashes             []string `json:"caCertHashes"`
			UnsafeSkipCAVerification bool     `json:"unsafeSkipCAVerification"`
		} `json:"bootstrapToken"`
	} `json:"discovery"`
	NodeRegistration struct {
		Name             string         `json:"name"`
		Taints           []corev1.Taint `json:"taints"`
		KubeletExtraArgs []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"kubeletExtraArgs"`
	} `json:"nodeRegistration"`
}

var tokenForm = regexp.MustCompile(`^([a-z0-9]{6})\.([a-z0-9]{16})$`)

// parseJoin finds the JoinConfiguration in a file and checks what kubeadm would check.
func parseJoin(content []byte) (Join, error) {
	all, err := documents(content)
	if err != nil {
		return Join{}, err
	}
	for _, document := range all {
		var meta struct{ APIVersion, Kind string }
		if yaml.Unmarshal(document, &meta) != nil || meta.Kind != joinKind {
			continue
		}
		if meta.APIVersion != joinAPIVersion {
			return Join{}, errors.New("the JoinConfiguration is not of apiVersion " + joinAPIVersion)
		}
		var configuration joinConfiguration
		if yaml.Unmarshal(document, &configuration) != nil {
			return Join{}, errors.New("the JoinConfiguration has a field of the wrong type")
		}
		return configuration.join()
	}
	return Join{}, errors.New("the --config file of kubeadm join holds no " + joinKind)
}

func (c joinConfiguration) join() (Join, error) {
	discovery := c.Discovery.BootstrapToken
	if discovery == nil {
		return Join{}, errors.New("discovery.bootstrapToken is missing in the JoinConfiguration")
	}
	token := tokenForm.FindStringSubmatch(discovery.Token)
	switch {
	case token == nil:
		return Join{}, errors.New("discovery.bootstrapToken.token is not of the form [a-z0-9]{6}.[a-z0-9]{16}")
	case discovery.APIServerEndpoint == "":
		return Join{}, errors.New("discovery.bootstrapToken.apiServerEndpoint is missing")
	case len(discovery.CACertHashes) == 0 && !discovery.UnsafeSkipCAVerification:
		return Join{}, errors.New("discovery.bootstrapToken.caCertHashes is empty and unsafeSkipCAVerification is not set")
	}
	join := Join{
		TokenID: token[1], TokenSecret: token[2],
		Endpoint:           discovery.APIServerEndpoint,
		CACertHashes:       discovery.CACertHashes,
		SkipCAVerification: discovery.UnsafeSkipCAVerification && len(discovery.CACertHashes) == 0,
		NodeName:           c.NodeRegistration.Name,
		Taints:             c.NodeRegistration.Taints,
		KubeletArgs:        map[string]string{},
	}
	for _, argument := range c.NodeRegistration.KubeletExtraArgs {
		join.KubeletArgs[argument.Name] = argument.Value
	}
	return join, nil
}
