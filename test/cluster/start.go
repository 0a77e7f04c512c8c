package cluster

import (
	"context"
	"fmt"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// start brings up the store and the API server first, since all else fails and backs off without them.
func (c *Cluster) start(ctx context.Context) error {
	l := c.layout
	if _, err := c.launch("etcd", l.etcdArguments()); err != nil {
		return err
	}
	apiServer, err := c.launch("kube-apiserver", l.apiServerArguments())
	if err != nil {
		return err
	}
	if err := c.waitHealthy(ctx, apiServer, localURL("https", l.apiServerPort, "/readyz")); err != nil {
		return err
	}
	c.progress("kube-apiserver is ready at %s", l.server())
	clients := []struct {
		name string
		args []string
		url  string
	}{
		{"kube-controller-manager", l.controllerManagerArguments(), localURL("https", l.controllerManagerPort, "/healthz")},
		{"kube-scheduler", l.schedulerArguments(), localURL("https", l.schedulerPort, "/healthz")},
		{"kwok", l.kwokArguments(), localURL("http", l.kwokPort, "/healthz")},
	}
	started := make([]*process, len(clients))
	for i, client := range clients {
		if started[i], err = c.launch(client.name, client.args); err != nil {
			return err
		}
	}
	if err := c.setUp(ctx, started[0]); err != nil {
		return err
	}
	for i, client := range clients {
		if err := c.waitHealthy(ctx, started[i], client.url); err != nil {
			return err
		}
		c.progress("%s is healthy", client.name)
	}
	return nil
}

// setUp creates the objects that joining machines need, and waits until pods can be created: each needs the service
// account that kube-controller-manager gives to every namespace.
func (c *Cluster) setUp(ctx context.Context, controllerManager *process) error {
	config, err := clientcmd.BuildConfigFromFlags("", c.layout.admin)
	if err != nil {
		return fmt.Errorf("load the administrator's kubeconfig: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("create the administrator's client: %w", err)
	}
	discovery, err := c.layout.pki.kubeconfig("", c.layout.server()) // kubeadm leaves the cluster's name empty
	if err != nil {
		return err
	}
	if err := setUpJoin(ctx, client, discovery); err != nil {
		return err
	}
	err = c.await(ctx, controllerManager, "the default service account", func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	if err != nil {
		return err
	}
	c.progress("machines can join, pods can be created")
	return nil
}

// launch starts a component and watches for its end.
func (c *Cluster) launch(name string, args []string) (*process, error) {
	p, err := startProcess(name, filepath.Join(c.options.Bin, name), c.layout.dir, args)
	if err != nil {
		return nil, err
	}
	c.processes = append(c.processes, p)
	c.progress("%s started", name)
	go func() {
		<-p.done
		select {
		case <-c.stopping:
			return
		default:
		}
		select {
		case c.failed <- p.failure():
		default: // another component ended before
		}
	}()
	return p, nil
}
