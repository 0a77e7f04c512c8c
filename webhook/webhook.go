package webhook

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

const (
	// ConfigurationName is the name of both the ValidatingWebhookConfiguration and the MutatingWebhookConfiguration.
	ConfigurationName = "vpsie-autoscaler"
	// PathNodeGroup is where NodeGroups are validated.
	PathNodeGroup = "/validate/nodegroup"
	// PathPod is where pods are mutated.
	PathPod = "/mutate/pod"
)

// Options say where the webhook finds things and what its certificate is valid for.
type Options struct {
	// Namespace holds the Secret, the Service, and the NodeGroups that pods of all namespaces may name.
	Namespace string
	// SecretName is the Secret that keeps the authority and the certificate. It must exist, empty at first. Used with Rotate.
	SecretName string
	// ServiceName is the Service by which the API server reaches the webhook. Used with Rotate.
	ServiceName string
	// ExtraDNSNames are names that the certificate is valid for beside the Service's. Used with Rotate.
	ExtraDNSNames []string
	// Rotate makes and renews the authority and the certificate, writes the authority into the two configurations and the
	// certificate into CertDir. Without it, CertDir must hold a certificate that the configurations trust.
	Rotate bool
	// CertDir is the folder of tls.crt and tls.key, the same as that of the manager's webhook server. Empty means that
	// server's default.
	CertDir string
}

func (o Options) withDefaults() Options {
	if o.CertDir == "" {
		o.CertDir = filepath.Join(os.TempDir(), "k8s-webhook-server", "serving-certs")
	}
	return o
}

func (o Options) validate() error {
	var missing []error
	need := func(field, value string) {
		if value == "" {
			missing = append(missing, fmt.Errorf("%s is empty: name one", field))
		}
	}
	need("Namespace", o.Namespace)
	if o.Rotate {
		need("SecretName", o.SecretName)
		need("ServiceName", o.ServiceName)
	}
	return errors.Join(missing...)
}

// Setup serves the webhook from the manager's webhook server and adds the readiness check "webhook". With rotation, the server
// starts once its certificate is there, and the check fails until then.
func Setup(mgr manager.Manager, opts Options) error {
	if err := opts.validate(); err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	opts = opts.withDefaults()
	serve := func() ctrlwebhook.Server {
		server := mgr.GetWebhookServer()
		Register(server, mgr.GetScheme(), Readers{Groups: mgr.GetClient(), ConfigMaps: mgr.GetAPIReader()}, opts.Namespace)
		return server
	}
	if !opts.Rotate {
		return mgr.AddReadyzCheck("webhook", serve().StartedChecker())
	}
	issued, err := rotate(mgr, opts)
	if err != nil {
		return fmt.Errorf("webhook: set up the rotation of certificates: %w", err)
	}
	late := &lateServer{issued: issued, serve: serve}
	return errors.Join(mgr.Add(late), mgr.AddReadyzCheck("webhook", late.ready))
}

// Readers are where the handlers look things up.
type Readers struct {
	// Groups reads NodeGroups.
	Groups client.Reader
	// ConfigMaps gets single ConfigMaps, without a cache.
	ConfigMaps client.Reader
}

// Register puts the handlers of all webhooks on a server. NodeGroups for pods of every namespace are those of the given
// namespace.
func Register(server ctrlwebhook.Server, scheme *runtime.Scheme, readers Readers, namespace string) {
	server.Register(PathNodeGroup, admission.WithValidator(scheme, nodegroup.Validator{ConfigMaps: readers.ConfigMaps}))
	server.Register(PathPod, &admission.Webhook{Handler: &pod.Mutator{
		Groups: readers.Groups, Namespace: namespace, Decoder: admission.NewDecoder(scheme),
	}})
}
