package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/extender/feed"
	"github.com/vpsie/vpsie-autoscaler/internal/config"
	"github.com/vpsie/vpsie-autoscaler/provisioner"
)

const (
	// dialTimeout bounds the first call to the API server.
	dialTimeout = 10 * time.Second
	// stopTimeout is how long the parts get to finish what they are at.
	stopTimeout = 20 * time.Second
)

// process is one running vpsie-autoscaler: a manager and what the parts share.
type process struct {
	settings *config.Config
	manager  ctrl.Manager
	log      logr.Logger
	// version is that of the API server, such as "v1.37.2".
	version string
	// opened is the shop, once a part has asked for it.
	opened *shop
}

func newProcess(ctx context.Context, name config.Command, settings *config.Config) (*process, error) {
	log := newLogger(settings.Log)
	ctrl.SetLogger(log)
	klog.SetLogger(log)
	restConfig, err := restConfig(settings.Kubernetes)
	if err != nil {
		return nil, err
	}
	version, err := serverVersion(ctx, restConfig)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, err
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	manager, err := ctrl.NewManager(restConfig, managerOptions(name, settings, scheme))
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if err := manager.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	p := &process{settings: settings, manager: manager, log: log, version: version}
	log.Info("starting", "command", name, "apiServer", restConfig.Host, "kubernetes", version)
	return p, manager.AddReadyzCheck("caches", p.cachesSynced(ctx))
}

func managerOptions(name config.Command, settings *config.Config, scheme *runtime.Scheme) ctrl.Options {
	stop := stopTimeout
	options := ctrl.Options{
		Scheme:                        scheme,
		LeaderElection:                settings.Controller.LeaderElection && (name == config.CommandController || name == config.CommandAll),
		LeaderElectionID:              "vpsie-autoscaler-controller",
		LeaderElectionNamespace:       settings.Cluster.Namespace,
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       &stop,
		HealthProbeBindAddress:        settings.Health.Listen,
		Cache:                         cache.Options{DefaultTransform: cache.TransformStripManagedFields()},
		Metrics: metricsserver.Options{
			BindAddress: settings.Metrics.Listen, SecureServing: settings.Metrics.Secure, CertDir: settings.Metrics.CertDir,
		},
		WebhookServer: ctrlwebhook.NewServer(ctrlwebhook.Options{
			Host: settings.Webhook.Host, Port: settings.Webhook.Port, CertDir: settings.Webhook.CertDir,
		}),
	}
	if settings.Metrics.Secure {
		options.Metrics.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	switch name {
	case config.CommandExtender:
		options.Cache.ByObject = feed.CacheByObject()
	case config.CommandController, config.CommandAll:
		options.Cache.ByObject = provisioner.CacheByObject()
	}
	return options
}

// restConfig says how to reach the API server.
func restConfig(settings config.Kubernetes) (*rest.Config, error) {
	load := rest.InClusterConfig
	if settings.Kubeconfig != "" {
		load = func() (*rest.Config, error) { return clientcmd.BuildConfigFromFlags("", settings.Kubeconfig) }
	}
	loaded, err := load()
	if err != nil {
		return nil, fmt.Errorf("no way to the API server: %w (set kubernetes.kubeconfig outside a cluster)", err)
	}
	loaded.QPS, loaded.Burst = float32(settings.QPS), settings.Burst
	return loaded, nil
}

// serverVersion proves that the API server answers.
func serverVersion(ctx context.Context, config *rest.Config) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return "", fmt.Errorf("no way to the API server: %w", err)
	}
	version, err := client.ServerVersionWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("cannot reach the API server %s: %w", config.Host, err)
	}
	return version.GitVersion, nil
}

func newLogger(settings config.Log) logr.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(settings.Level)) // validated with the configuration
	options := &slog.HandlerOptions{Level: level}
	if settings.Format == "text" {
		return logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, options))
	}
	return logr.FromSlogHandler(slog.NewJSONHandler(os.Stderr, options))
}

// cachesSynced is ready once every watched kind has been listed, and until the process is asked to stop: callers are to turn away
// before the servers do.
func (p *process) cachesSynced(ctx context.Context) healthz.Checker {
	synced := make(chan struct{})
	go func() {
		if p.manager.GetCache().WaitForCacheSync(ctx) {
			close(synced)
		}
	}()
	return func(*http.Request) error {
		select {
		case <-ctx.Done():
			return errors.New("the process is stopping")
		default:
		}
		select {
		case <-synced:
			return nil
		default:
			return errors.New("the caches are not filled yet")
		}
	}
}
