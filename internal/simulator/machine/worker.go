package machine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// Worker is a cloud.Guest for workers of managed clusters. They have no user data: the platform joins them. Worker does so with a
// kubeconfig whose owner may register Nodes and write Leases. The Node has the host name in lower case, no providerID, and no
// labels or taints but a kubelet's own.
type Worker struct {
	// Config is the cluster to join. A worker of whatever managed cluster joins this one.
	Config *rest.Config
	// Attempts tell how often and how long joining is tried.
	Attempts Kubelet
}

var _ cloud.Guest = Worker{}

// LoadWorker returns a Worker that joins the cluster of a kubeconfig file.
func LoadWorker(kubeconfig string, attempts Kubelet) (Worker, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return Worker{}, fmt.Errorf("kubeconfig %s: %w", kubeconfig, err)
	}
	return Worker{Config: config, Attempts: attempts}, nil
}

// Run implements cloud.Guest.
func (g Worker) Run(ctx context.Context, host cloud.Host, report cloud.Report) {
	if !pause(ctx, host.JoinAfter) {
		return
	}
	args, err := parseKubeletArgs(nil)
	if err == nil && host.InternalIP == "" {
		err = errors.New("no network: the machine was created without any address")
	}
	if err != nil {
		report.JoinFailed(err)
		return
	}
	node := nodeSpec{name: strings.ToLower(host.Hostname), host: host, args: args}
	connected, err := g.connect()
	if err != nil {
		report.JoinFailed(err)
		return
	}
	defer connected.close()
	registered, err := retry(ctx, g.Attempts, report, func() (registration, error) { return connected.register(ctx, node) })
	if err != nil {
		return
	}
	report.Joined()
	connected.keepAlive(ctx, registered, report)
}

func (g Worker) connect() (*connection, error) {
	config := rest.CopyConfig(g.Config)
	config.Timeout = callTimeout
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("API server %q: %w", config.Host, err)
	}
	return newConnection(config.Host, client)
}
