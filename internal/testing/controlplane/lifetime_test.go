package controlplane_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

// processesOf returns the command lines by process id of all processes that work in a control plane's folder.
func processesOf(t *testing.T, dir string) map[int]string {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]string{}
	for _, entry := range entries {
		content, err := os.ReadFile(entry)
		if err != nil || !bytes.Contains(content, []byte(dir)) {
			continue // the process has ended, or is another's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
		if err != nil {
			t.Fatal(err)
		}
		found[pid] = string(bytes.ReplaceAll(content, []byte{0}, []byte(" ")))
	}
	return found
}

func schedulerConfiguration(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scheduler.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTwoControlPlanesLiveSideBySide(t *testing.T) {
	// given the shared control plane and another one, whose scheduler serves another name
	shared := controlplanetest.Shared(t)
	other, err := controlplane.Start(t.Context(), controlplane.Options{SchedulerConfig: schedulerConfiguration(t, `
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: true, resourceNamespace: nowhere}
profiles: [{schedulerName: packing-scheduler}]
`)})
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(other.Config())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("with clusters of their own", func(t *testing.T) {
		bareNode(t, shared, "only-in-shared")
		nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil || len(nodes.Items) != 0 {
			t.Errorf("nodes of the other cluster: got %d (error %v), want none", len(nodes.Items), err)
		}
		if shared.CACertHash == other.CACertHash {
			t.Error("two clusters share a certificate authority")
		}
	})
	t.Run("with the caller's scheduler configuration", func(t *testing.T) {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "packed", Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"}}}
		if _, err := client.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "packed"}, Spec: corev1.PodSpec{
			SchedulerName: "packing-scheduler",
			Containers:    []corev1.Container{{Name: "app", Image: "app"}},
		}}
		if _, err := client.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		waitRunning(t, client, "default", pod.Name)
	})
	t.Run("and leave nothing when stopped", func(t *testing.T) {
		if len(processesOf(t, other.Dir)) == 0 {
			t.Fatal("no process found while the control plane runs")
		}
		if err := other.Stop(); err != nil {
			t.Fatal(err)
		}
		if left := processesOf(t, other.Dir); len(left) > 0 {
			t.Errorf("processes left: %v", left)
		}
		if _, err := os.Stat(other.Dir); !os.IsNotExist(err) {
			t.Errorf("folder %s: got error %v, want not found", other.Dir, err)
		}
	})
}

func TestDeathOfAComponentEndsTheControlPlaneAndIsExplained(t *testing.T) {
	// given a running control plane
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(cluster.Dir) })

	// when its scheduler is killed
	for pid, command := range processesOf(t, cluster.Dir) {
		if strings.Contains(command, "/kube-scheduler ") {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	<-cluster.Done()

	// then everything else has gone too, the culprit is named and the logs stay
	if err := cluster.Stop(); err == nil || !strings.Contains(err.Error(), "kube-scheduler: signal: killed; the end of "+cluster.Dir) {
		t.Errorf("stop after the scheduler was killed: got %v, want the scheduler's end and its log", err)
	}
	if left := processesOf(t, cluster.Dir); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
	if _, err := os.Stat(filepath.Join(cluster.Dir, "kube-scheduler.log")); err != nil {
		t.Errorf("log of the killed scheduler: %v", err)
	}
}

func TestStartThatFailsSaysWhy(t *testing.T) {
	for _, test := range []struct{ name, config, want string }{
		{"a file of another kind", "kind: Pod", "give a file of kind KubeSchedulerConfiguration"},
		{"a version that the scheduler does not know",
			"apiVersion: kubescheduler.config.k8s.io/v0\nkind: KubeSchedulerConfiguration",
			`kube-scheduler: exit status 1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir()) // a failed start keeps its files
			cluster, err := controlplane.Start(context.Background(), controlplane.Options{SchedulerConfig: schedulerConfiguration(t, test.config)})
			if err == nil {
				t.Fatalf("started with a broken scheduler configuration; stopping it: %v", cluster.Stop())
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want it to contain %q", err, test.want)
			}
		})
	}
}
