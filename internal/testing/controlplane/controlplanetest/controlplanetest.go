// Package controlplanetest gives tests a real Kubernetes control plane.
//
// A package starts one control plane for all its tests:
//
//	func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, controlplane.Options{})) }
//
//	func TestSomething(t *testing.T) {
//		cluster := controlplanetest.Shared(t)
//		namespace := cluster.Namespace(t)
//		...
//	}
//
// It comes up with the first test that asks for it. A control plane that cannot start fails every test that needs it.
package controlplanetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
)

// Cluster is a control plane with the methods that tests want.
type Cluster struct {
	*controlplane.Cluster
	client kubernetes.Interface
}

// shared is the control plane of the test binary. start is nil outside of Main.
var shared struct {
	start   func() (*Cluster, error)
	mu      sync.Mutex
	cluster *Cluster
}

// Main runs the tests of a package and stops the shared control plane afterwards. It returns the exit code of the
// test binary, which is not 0 when the control plane died by itself.
func Main(m interface{ Run() int }, options controlplane.Options) int {
	shared.start = sync.OnceValues(func() (*Cluster, error) {
		cluster, err := start(context.Background(), options)
		shared.mu.Lock()
		defer shared.mu.Unlock()
		shared.cluster = cluster
		return cluster, err
	})
	code := m.Run()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.cluster == nil {
		return code
	}
	if err := shared.cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// Shared returns the control plane of this package's tests and starts it when it is the first to ask.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	if shared.start == nil {
		t.Fatal("no shared control plane: TestMain must call controlplanetest.Main")
	}
	cluster, err := shared.start()
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

// Start starts a control plane for one test, for example with a scheduler configuration of its own, and stops it at
// the end of the test.
func Start(t testing.TB, options controlplane.Options) *Cluster {
	t.Helper()
	cluster, err := start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

func start(ctx context.Context, options controlplane.Options) (*Cluster, error) {
	if options.Progress == nil {
		options.Progress = os.Stderr // a first start takes minutes, and must not look like a hanging test
	}
	cluster, err := controlplane.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(cluster.Config())
	if err != nil {
		return nil, fmt.Errorf("create the administrator's client: %w", err)
	}
	return &Cluster{Cluster: cluster, client: client}, nil
}

// Client returns the administrator's client.
func (c *Cluster) Client() kubernetes.Interface { return c.client }

// ServiceAccountKubeconfig returns the path of a kubeconfig that acts as a service account, which must exist, for two
// hours. The file goes with the test.
func (c *Cluster) ServiceAccountKubeconfig(t testing.TB, namespace, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".kubeconfig")
	account := types.NamespacedName{Namespace: namespace, Name: name}
	if err := c.WriteServiceAccountKubeconfig(t.Context(), account, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// ApplyManifests applies every document of the YAML files; see [controlplane.Cluster.ApplyFiles].
func (c *Cluster) ApplyManifests(t testing.TB, paths ...string) {
	t.Helper()
	if err := c.ApplyFiles(t.Context(), paths...); err != nil {
		t.Fatal(err)
	}
}
