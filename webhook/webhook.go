package webhook

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/budget"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction"
	"github.com/vpsie/vpsie-autoscaler/webhook/node"
	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
	"github.com/vpsie/vpsie-autoscaler/webhook/vpsienode"
)

const (
	// ConfigurationName is the name of both the ValidatingWebhookConfiguration and the MutatingWebhookConfiguration.
	ConfigurationName = "vpsie-autoscaler"
	// PathNodeGroup is where NodeGroups are validated.
	PathNodeGroup = "/validate/nodegroup"
	// PathVPSieNode is where VPSieNodes that people make or delete are validated.
	PathVPSieNode = "/validate/vpsienode"
	// PathPod is where pods are mutated.
	PathPod = "/mutate/pod"
	// PathPodValidation is where pods, and the templates of workloads, are validated.
	PathPodValidation = "/validate/pod"
	// PathEviction is where evictions are judged.
	PathEviction = "/validate/eviction"
	// PathNode is where deletions and taints of Nodes are judged.
	PathNode = "/validate/node"
	// PathBudget is where PodDisruptionBudgets are looked at.
	PathBudget = "/validate/budget"
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
	// Pods say what pods get and what happens to those that could never run.
	Pods PodOptions
	// Cloud is what is sold; nil means that the cloud is not asked.
	Cloud *Cloud
	// Made tells the names of this cluster's machines from all others; nil means that this is not known.
	Made func(hostname string) bool
	// SchedulerNames are the schedulers whose pods get nodes.
	SchedulerNames []string
	// EvictionsPerMinute bounds the evictions of the whole cluster; 0 is no bound.
	EvictionsPerMinute int
	// Registerer takes the metrics of the webhook. Nil means that they are counted but not exported.
	Registerer prometheus.Registerer
}

// Cloud tells what is sold. All fields are required.
type Cloud struct {
	// Datacenters are those in which machines are sold.
	Datacenters func(ctx context.Context) ([]cloud.Datacenter, error)
	// Offerings are what the planner could buy in a data centre.
	Offerings func(ctx context.Context, datacenterID string) ([]plan.Offering, error)
	// Capabilities are what machines can be given.
	Capabilities cloud.Capabilities
}

// PodOptions say what happens to pods.
type PodOptions struct {
	// SchedulerName is where pods of the default scheduler are sent; empty sends none.
	SchedulerName string
	// Rules give classes of pods what they lack.
	Rules []pod.Rule
	// Policy is for namespaces without one of their own.
	Policy pod.Policy
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

// Setup serves the webhook from the manager's webhook server and adds readiness checks: it is ready when it knows what it judges by.
// With rotation, the server starts once its certificate is there, and the check "webhook" fails until then.
func Setup(ctx context.Context, mgr manager.Manager, opts Options) error {
	if err := opts.validate(); err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	opts = opts.withDefaults()
	readers := Readers{Cached: mgr.GetClient(), Live: mgr.GetAPIReader(), Events: mgr.GetEventRecorder("vpsie-webhook")}
	var err error
	readers.Metrics, err = NewMetrics(opts.Registerer)
	if err := errors.Join(err, readers.addMarket(mgr, opts), readers.addSupply(ctx, mgr, opts), readers.addEvictions(ctx, mgr, opts), readers.addCaches(ctx, mgr)); err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	serve := func() ctrlwebhook.Server {
		server := mgr.GetWebhookServer()
		Register(server, mgr.GetScheme(), readers, opts)
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

// Register puts the handlers of all webhooks on a server.
func Register(server ctrlwebhook.Server, scheme *runtime.Scheme, readers Readers, opts Options) {
	decoder, metrics := admission.NewDecoder(scheme), readers.Metrics
	mutator := &pod.Mutator{
		Groups: readers.Cached, Namespace: opts.Namespace, SchedulerName: opts.Pods.SchedulerName, Rules: opts.Pods.Rules, Decoder: decoder,
	}
	groups := nodegroup.Validator{Cached: readers.Cached, References: readers.Live, Market: readers.Market}
	if opts.Cloud != nil {
		groups.Capabilities = opts.Cloud.Capabilities
	}
	handlers := map[string]admission.Handler{
		PathNodeGroup: admission.WithValidator(scheme, groups).Handler,
		PathVPSieNode: admission.WithValidator(scheme, vpsienode.Validator{
			Cached: readers.Cached, Market: readers.Market, Made: opts.Made, Held: readers.held,
		}).Handler,
		PathPod: mutator,
		PathPodValidation: &pod.Validator{
			Reader: readers.Cached, Supply: readers.Supply, Policy: opts.Pods.Policy, Mutator: mutator, Decoder: decoder,
		},
		PathEviction: &eviction.Handler{Index: readers.Evictions, Decoder: decoder, Events: readers.Events, Decided: metrics.evicted},
		PathNode:     &node.Handler{Cluster: readers.Nodes, Namespace: opts.Namespace, Decoder: decoder, Decided: metrics.node},
		PathBudget:   &budget.Handler{Reader: readers.Cached, Decoder: decoder},
	}
	for path, handler := range handlers {
		server.Register(path, onlyJSON(&admission.Webhook{Handler: metrics.observe(handler)}))
	}
}

// onlyJSON answers 415 to what does not even claim to be JSON.
func onlyJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const want = "application/json"
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != want {
			http.Error(w, "Content-Type "+strconv.Quote(r.Header.Get("Content-Type"))+": want "+want, http.StatusUnsupportedMediaType)
			return
		}
		next.ServeHTTP(w, r)
	})
}
