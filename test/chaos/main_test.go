package chaos

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

const root = "../.."

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, controlplane.Options{}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// secondScheduler is the manifest of the second scheduler.
func secondScheduler(t *testing.T) *kubescheduler.Manifest {
	t.Helper()
	manifest, err := kubescheduler.ReadManifest(filepath.Join(root, "manifests/scheduler/second-scheduler.yaml"))
	must(t, err)
	return manifest
}

// shipped is the configuration of the second scheduler, but for its name, since tests run side by side, and for the election, which
// would make a restart wait for the Lease.
func (w *world) shipped(t *testing.T) kubescheduler.Configuration {
	t.Helper()
	configuration := w.named(secondScheduler(t).Configuration)
	configuration.Set("leaderElection", "leaderElect", false)
	return configuration
}

// named makes the configuration one of the scheduler under test.
func (w *world) named(c kubescheduler.Configuration) kubescheduler.Configuration {
	c["profiles"] = []any{map[string]any{"schedulerName": w.scheduler}}
	return c
}

// everyVerb makes the scheduler call all verbs, which gives a faulty extender the most room.
func everyVerb(c kubescheduler.Configuration) kubescheduler.Configuration {
	extender := c.Extender()
	extender["filterVerb"], extender["preemptVerb"] = "filter", "preempt"
	c["percentageOfNodesToScore"] = 100
	return c
}

// startScheduler runs a scheduler with all rights until the test ends.
func startScheduler(t *testing.T, configuration kubescheduler.Configuration) *kubescheduler.Scheduler {
	t.Helper()
	return startSchedulerAs(t, configuration, controlplanetest.Shared(t).Kubeconfig)
}

// startSchedulerAs runs a scheduler with the rights of a kubeconfig until the test ends.
func startSchedulerAs(t *testing.T, configuration kubescheduler.Configuration, kubeconfig string) *kubescheduler.Scheduler {
	t.Helper()
	dir := t.TempDir()
	flags, err := configuration.Write(dir, kubeconfig)
	must(t, err)
	binary, err := kubescheduler.Binary(root)
	must(t, err)
	scheduler, err := kubescheduler.Start(t.Context(), kubescheduler.Options{Binary: binary, Dir: dir, Flags: flags})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of kube-scheduler's log:\n%s", scheduler.Tail())
		}
		must(t, scheduler.Stop())
	})
	return scheduler
}
