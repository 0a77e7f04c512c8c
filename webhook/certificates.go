package webhook

import (
	"fmt"
	"net/http"
	"path"

	"github.com/open-policy-agent/cert-controller/pkg/rotator"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// authority names the certificate authority that the webhook makes for itself.
const authority = "vpsie-autoscaler-webhook-ca"

// rotate makes and renews certificates in the background. The channel is closed once the certificate lies in its folder and
// both configurations trust it.
func rotate(mgr manager.Manager, opts Options) (<-chan struct{}, error) {
	if err := addFiles(mgr, opts); err != nil {
		return nil, err
	}
	issued := make(chan struct{})
	host := fmt.Sprintf("%s.%s.svc", opts.ServiceName, opts.Namespace)
	err := rotator.AddRotator(narrow(mgr, opts.SecretName), &rotator.CertRotator{
		SecretKey:      types.NamespacedName{Namespace: opts.Namespace, Name: opts.SecretName},
		CertDir:        opts.CertDir,
		CAName:         authority,
		CAOrganization: "vpsie-autoscaler",
		DNSName:        host,
		ExtraDNSNames:  append([]string{host + ".cluster.local"}, opts.ExtraDNSNames...),
		IsReady:        issued,
		FieldOwner:     "vpsie-autoscaler-webhook",
		Webhooks: []rotator.WebhookInfo{
			{Name: ConfigurationName, Type: rotator.Validating},
			{Name: ConfigurationName, Type: rotator.Mutating},
		},
		EnableReadinessCheck: true,
	})
	return issued, err
}

// narrowed is a manager whose configuration sees no objects but our own.
type narrowed struct {
	manager.Manager
	config *rest.Config
}

// GetConfig returns the narrowed configuration.
func (n narrowed) GetConfig() *rest.Config { return n.config }

// narrow makes the cache of the rotator list and watch by name. Left to itself it reads every Secret of the namespace, the
// cloud's credentials among them, and every webhook configuration of the cluster; with it, a role that names these objects is
// enough.
func narrow(mgr manager.Manager, secretName string) manager.Manager {
	config := rest.CopyConfig(mgr.GetConfig())
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return byName{next: next, names: map[string]string{
			"secrets":                         secretName,
			"validatingwebhookconfigurations": ConfigurationName,
			"mutatingwebhookconfigurations":   ConfigurationName,
		}}
	})
	return narrowed{Manager: mgr, config: config}
}

// byName restricts lists and watches of the given resources to the object of one name.
type byName struct {
	next  http.RoundTripper
	names map[string]string // by resource
}

// RoundTrip passes the request on. A list or watch is a GET of the resource itself, without a name behind it.
func (b byName) RoundTrip(request *http.Request) (*http.Response, error) {
	name, ours := b.names[path.Base(request.URL.Path)]
	if ours && request.Method == http.MethodGet {
		request = request.Clone(request.Context())
		query := request.URL.Query()
		query.Set("fieldSelector", fields.OneTermEqualSelector("metadata.name", name).String())
		request.URL.RawQuery = query.Encode()
	}
	return b.next.RoundTrip(request)
}
