package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/vpsie/vpsie-autoscaler/extender/receiver"
	"github.com/vpsie/vpsie-autoscaler/extender/serving"
	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/localca"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

// world is a cluster as one test sees it: nodes that only its pods select, and a scheduler that only its pods name.
type world struct {
	cluster   *controlplanetest.Cluster
	namespace string
	name      string // of the scheduler
	slow      bool   // the scheduler may write 20 verdicts a second
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cluster := controlplanetest.Shared(t)
	return &world{cluster: cluster, namespace: cluster.Namespace(t), name: "scheduler-" + rand.String(6)}
}

// node registers a node of two cores and waits until it is open to pods.
func (w *world) node(t *testing.T, name string, shape func(*build.NodeBuilder) *build.NodeBuilder) string {
	t.Helper()
	name = w.name + "-" + name
	node := shape(build.Node(name).Allocatable("2", "4Gi").Label("test", w.namespace).Annotation("kwok.x-k8s.io/node", "fake")).Obj()
	node.UID, node.CreationTimestamp, node.Status.Capacity = "", metav1.Time{}, node.Status.Allocatable
	nodes := w.cluster.Client().CoreV1().Nodes()
	_, err := nodes.Create(t.Context(), node, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() { must(t, nodes.Delete(context.Background(), name, metav1.DeleteOptions{})) })
	controlplanetest.Eventually(t, "node "+name+" to be ready", func(ctx context.Context) error {
		now, err := nodes.Get(ctx, name, metav1.GetOptions{})
		if err == nil && len(now.Spec.Taints) > len(node.Spec.Taints) {
			err = fmt.Errorf("it has taints %v", now.Spec.Taints)
		}
		return err
	})
	return name
}

// pod creates a pod of the world's scheduler that asks for the given cores.
func (w *world) pod(t *testing.T, name, cores string) *corev1.Pod {
	t.Helper()
	pod := build.Pod(name).Requests(cores, "1Mi").Scheduler(w.name).Selects("test", w.namespace).Obj()
	pod.Namespace, pod.UID, pod.CreationTimestamp = w.namespace, "", metav1.Time{}
	pod.Spec.Containers[0].Image = "registry.k8s.io/pause:3.10"
	made, err := w.cluster.Client().CoreV1().Pods(w.namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	must(t, err)
	return made
}

// scheduler runs the built command until the test ends, for the world's pods.
func (w *world) scheduler(t *testing.T, args map[string]any, flags ...string) *kubescheduler.Scheduler {
	t.Helper()
	configuration := shipped(t, w.name, args)
	if w.slow {
		configuration.Set("clientConnection", "qps", 20)
		configuration.Set("clientConnection", "burst", 20)
	}
	return start(t, configuration, w.cluster.Kubeconfig, flags...)
}

// shipped is the configuration of the overlay that an operator applies, but for the scheduler's name, the plugin's arguments, the
// extender, and the election, which would be of no use to a test.
func shipped(t *testing.T, name string, args map[string]any) kubescheduler.Configuration {
	t.Helper()
	manifest, err := kubescheduler.RenderManifest(filepath.Join(root, "kustomize/overlays/exact-diagnoses"))
	must(t, err)
	configuration := manifest.Configuration
	configuration.Set("leaderElection", "leaderElect", false)
	profile := configuration["profiles"].([]any)[0].(map[string]any)
	profile["schedulerName"] = name
	profile["pluginConfig"].([]any)[0].(map[string]any)["args"] = args
	delete(configuration, "extenders")
	return configuration
}

// start runs the built command until the test ends.
func start(t *testing.T, configuration kubescheduler.Configuration, kubeconfig string, flags ...string) *kubescheduler.Scheduler {
	t.Helper()
	dir := t.TempDir()
	written, err := configuration.Write(dir, kubeconfig)
	must(t, err)
	built, err := binary()
	must(t, err)
	scheduler, err := kubescheduler.Start(t.Context(), kubescheduler.Options{Binary: built, Dir: dir, Flags: append(written, flags...)})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the scheduler's log:\n%s", scheduler.Tail())
		}
		must(t, scheduler.Stop())
	})
	return scheduler
}

// detector watches the cluster's pods until the test ends. With deaf it never sees a condition, so that it knows the scheduler's
// verdicts only by its reports.
func (w *world) detector(t *testing.T, deaf bool) *unschedulable.Detector {
	t.Helper()
	options := cache.Options{Scheme: build.Scheme()}
	if deaf {
		options.DefaultTransform = func(object any) (any, error) {
			if pod, ok := object.(*corev1.Pod); ok {
				pod.Status.Conditions = nil
			}
			return object, nil
		}
	}
	pods, err := cache.New(w.cluster.Config(), options)
	must(t, err)
	detector, err := unschedulable.NewDetector(t.Context(), pods, unschedulable.Rules{SchedulerNames: []string{w.name}, FallbackAge: time.Hour})
	must(t, err)
	background(t, pods.Start)
	return detector
}

// background runs something until the test ends, and waits for its end.
func background(t *testing.T, run func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	t.Cleanup(func() {
		stop()
		must(t, <-ended)
	})
}

// serve runs the receiver of a detector until the test ends, and returns the arguments by which the scheduler finds it.
func (w *world) serve(t *testing.T, detector *unschedulable.Detector) map[string]any {
	t.Helper()
	c := newCertificates(t)
	handler, err := receiver.NewHandler(detector, receiver.Options{})
	must(t, err)
	server, err := serving.New(handler, serving.Options{
		Name: "receiver", Address: "127.0.0.1:0", CertFile: c.serverCert, KeyFile: c.serverKey, ClientCAFile: c.authority,
	})
	must(t, err)
	background(t, server.Start)
	<-server.Listening()
	return c.arguments(server.Addr().String())
}

// certificates are the files by which a scheduler and a receiver know each other.
type certificates struct{ authority, serverCert, serverKey, clientCert, clientKey string }

func newCertificates(t *testing.T) certificates {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		file := filepath.Join(dir, name)
		must(t, os.WriteFile(file, content, 0o600))
		return file
	}
	authority, err := localca.New("diagnosis", time.Hour)
	must(t, err)
	serverCert, serverKey, err := authority.Issue("server", x509.ExtKeyUsageServerAuth)
	must(t, err)
	clientCert, clientKey, err := authority.Issue("client", x509.ExtKeyUsageClientAuth)
	must(t, err)
	return certificates{
		authority: write("ca.crt", authority.PEM()), serverCert: write("server.crt", serverCert), serverKey: write("server.key", serverKey),
		clientCert: write("client.crt", clientCert), clientKey: write("client.key", clientKey),
	}
}

// arguments are those of the plugin for a receiver at an address.
func (c certificates) arguments(address string) map[string]any {
	return map[string]any{
		"endpoint": "https://" + address, "serverName": "localhost", "caFile": c.authority, "certFile": c.clientCert, "keyFile": c.clientKey,
	}
}
