package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

const (
	// schedulerNamespace and schedulerName are where the second scheduler lives, and the name of its account and of its Lease.
	schedulerNamespace = "vpsie-system"
	schedulerName      = "vpsie-scheduler"

	// Shorter than the defaults, so that a failover takes seconds.
	leaseDuration = 4 * time.Second
	renewDeadline = 3 * time.Second
	retryPeriod   = 500 * time.Millisecond
	// takeover is the longest time without a leader: a replica may see the last renewal of the Lease one try late, and its end another
	// try late. Tries are up to 2.2 periods apart. The first pod then takes a call to the extender, for its time-out.
	takeover = leaseDuration + 2*retryPeriod*22/10 + 200*time.Millisecond
)

// applySecondScheduler makes everything of the second scheduler's manifest but the Deployment, and returns a kubeconfig with its rights.
func applySecondScheduler(t *testing.T, cluster *controlplanetest.Cluster) (kubeconfig string) {
	t.Helper()
	applyExtender(t, cluster)
	dir := t.TempDir()
	for i, object := range secondScheduler(t).Others {
		content, err := yaml.Marshal(object)
		must(t, err)
		file := filepath.Join(dir, fmt.Sprintf("%d.yaml", i))
		must(t, os.WriteFile(file, content, 0o600))
		cluster.ApplyManifests(t, file)
	}
	return cluster.ServiceAccountKubeconfig(t, schedulerNamespace, schedulerName)
}

// replicas are the two of the second scheduler, of which the first holds the Lease.
type replicas struct {
	world         *world
	leases        coordination.LeaseInterface
	first, second *kubescheduler.Scheduler
}

// startReplicas runs both with an extender that hangs, which makes a burst of pods last.
func startReplicas(t *testing.T, kubeconfig string) *replicas {
	t.Helper()
	w := newWorld(t, "500m")
	r := &replicas{world: w, leases: w.cluster.Client().CoordinationV1().Leases(schedulerNamespace)}
	t.Cleanup(func() { must(t, r.removeLease(context.Background())) })
	configuration := w.named(secondScheduler(t).Configuration)
	for field, value := range map[string]time.Duration{"leaseDuration": leaseDuration, "renewDeadline": renewDeadline, "retryPeriod": retryPeriod} {
		configuration.Set("leaderElection", field, value.String())
	}
	serve(t, configuration, hung)
	r.first = startSchedulerAs(t, configuration, kubeconfig)
	r.awaitHolder(t)
	r.second = startSchedulerAs(t, configuration, kubeconfig)
	return r
}

func (r *replicas) awaitHolder(t *testing.T) {
	t.Helper()
	controlplanetest.Eventually(t, "somebody to hold the Lease", func(ctx context.Context) error {
		lease, err := r.leases.Get(ctx, schedulerName, metav1.GetOptions{})
		if err == nil && (lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "") {
			err = errors.New("nobody holds it")
		}
		return err
	})
}

// whileHung stops the process of the leader, and lets it go on when something has happened.
func (r *replicas) whileHung(t *testing.T, happens func()) {
	t.Helper()
	must(t, r.first.Signal(syscall.SIGSTOP))
	t.Cleanup(func() { _ = r.first.Signal(syscall.SIGCONT) }) // fails when it has ended
	happens()
	must(t, r.first.Signal(syscall.SIGCONT))
}

func (r *replicas) removeLease(ctx context.Context) error {
	err := r.leases.Delete(ctx, schedulerName, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// giveLeaseAway makes somebody the holder who is not there.
func (r *replicas) giveLeaseAway(t *testing.T) {
	t.Helper()
	controlplanetest.Eventually(t, "the Lease to be given away", func(ctx context.Context) error {
		lease, err := r.leases.Get(ctx, schedulerName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		nobody, now := "nobody", metav1.NowMicro()
		lease.Spec = coordinationv1.LeaseSpec{
			HolderIdentity: &nobody, AcquireTime: &now, RenewTime: &now, LeaseDurationSeconds: lease.Spec.LeaseDurationSeconds,
		}
		_, err = r.leases.Update(ctx, lease, metav1.UpdateOptions{}) // in conflict with a renewal it is tried again
		return err
	})
}

// awaitPlaced waits until a replica has placed at least so many pods by itself.
func awaitPlaced(t *testing.T, replica *kubescheduler.Scheduler, count int) {
	t.Helper()
	controlplanetest.Eventually(t, fmt.Sprintf("a replica to have placed %d pods", count), func(ctx context.Context) error {
		placed, err := replica.Metric(ctx, "scheduler_schedule_attempts_total", `result="scheduled"`)
		if err == nil && placed < float64(count) {
			err = fmt.Errorf("it has placed %v", placed)
		}
		return err
	})
}

func awaitEnd(t *testing.T, replica *kubescheduler.Scheduler) {
	t.Helper()
	select {
	case <-replica.Ended():
	case <-time.After(time.Minute):
		t.Error("the replica that has lost its Lease goes on")
	}
}

// Given two replicas of the second scheduler, with its own Lease and its own rights, when the one that schedules loses the Lease in the
// middle of a burst, in whatever way, then it ends, the other goes on where it stopped, every pod is bound once, none is rejected, and
// nobody is evicted.
func TestTheOtherReplicaGoesOnWhenTheLeaseIsLost(t *testing.T) {
	t.Parallel()
	kubeconfig := applySecondScheduler(t, controlplanetest.Shared(t))
	for _, c := range []struct {
		name string
		lose func(t *testing.T, r *replicas)
	}{
		{"the leader is killed", func(_ *testing.T, r *replicas) { r.first.Kill() }},
		{"the Lease is given to somebody who is gone", func(t *testing.T, r *replicas) { r.giveLeaseAway(t) }},
		{"the leader hangs until the Lease has run out and the other schedules", func(t *testing.T, r *replicas) {
			r.whileHung(t, func() { awaitPlaced(t, r.second, 1) })
		}},
		{"the Lease is deleted while the leader hangs for a moment, so that both schedule for a while", func(t *testing.T, r *replicas) {
			r.whileHung(t, func() {
				must(t, r.removeLease(t.Context()))
				r.awaitHolder(t)
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			const burst = 30
			r := startReplicas(t, kubeconfig)
			w := r.world
			seen := w.watchPods(t)
			w.create(t, "pod", burst)
			awaitPlaced(t, r.first, 3)
			if before := len(w.placements(t, "pod", burst)); before == burst {
				t.Fatal("the Lease was lost after the burst, not in the middle: this test shows nothing")
			}
			c.lose(t, r)
			awaitEnd(t, r.first)
			w.awaitBound(t, "pod", burst)
			pause := seen.await(t, burst)
			t.Logf("no pod was bound for %v, of at most %v on an idle machine; %d pods were tried by both", pause.Round(time.Millisecond), takeover, seen.contested())
			w.place(t, "later", podCount)
			awaitPlaced(t, r.second, podCount)
			checkNoVictim(t, r.second)
			w.checkBystanders(t)
			seen.check(t, burst+podCount)
		})
	}
}
