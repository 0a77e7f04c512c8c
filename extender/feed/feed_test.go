package feed_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/extender/feed"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// cluster drives a Feed through fake informers.
type cluster struct {
	t        *testing.T
	feed     *feed.Feed
	pods     *controllertest.FakeInformer
	nodes    *controllertest.FakeInformer
	machines *controllertest.FakeInformer
}

// start returns a Feed that runs until the test ends and has shown its first, empty picture.
func start(t *testing.T) *cluster {
	t.Helper()
	informers := newInformers(t)
	c := &cluster{t: t, feed: feed.New(informers)}
	c.pods = informer(t, informers, &corev1.Pod{})
	c.nodes = informer(t, informers, &corev1.Node{})
	c.machines = informer(t, informers, &v1alpha1.VPSieNode{})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.feed.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the feed ended with: %v", err)
		}
	})
	c.settle()
	return c
}

func newInformers(t *testing.T) *informertest.FakeInformers {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	return &informertest.FakeInformers{Scheme: scheme}
}

func informer(t *testing.T, all *informertest.FakeInformers, kind client.Object) *controllertest.FakeInformer {
	t.Helper()
	one, err := all.FakeInformerFor(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// settle lets every change that was made become visible.
func (c *cluster) settle() {
	time.Sleep(2 * feed.Interval) // of the bubble's clock
	synctest.Wait()
}

func (c *cluster) wantScore(pod score.Pod, node string, want int64) {
	c.t.Helper()
	c.settle()
	if got := c.feed.Snapshot().Score(pod, node); got != want {
		c.t.Errorf("Score(%s, %s) = %d, want %d", pod.Key, node, got, want)
	}
}

func node(name string) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Status:     corev1.NodeStatus{Allocatable: resources("4", "16Gi")},
	}
}

func bound(name, node, cpu, memory string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name},
		Spec: corev1.PodSpec{
			NodeName:   node,
			Containers: []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: resources(cpu, memory)}}},
		},
		Status: corev1.PodStatus{Phase: corev1.PodRunning},
	}
}

func resources(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
	}
}

func machine(name string, age time.Duration, pods ...string) *v1alpha1.VPSieNode {
	return &v1alpha1.VPSieNode{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "vpsie-system", Name: name, CreationTimestamp: metav1.NewTime(time.Now().Add(-age)),
		},
		Spec: v1alpha1.VPSieNodeSpec{Decision: v1alpha1.Decision{Pods: pods, PriceNanosPerHour: 60_000_000}},
	}
}

var cart = score.Pod{Key: "shop/cart"}

// Scores of cart on the node of these tests.
const (
	whenEmpty = int64(4)
	whenFull  = int64(8)
)

func TestRequestsOfBoundPodsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.nodes.Add(node("n"))
		c.wantScore(cart, "n", whenEmpty)

		big := bound("big", "n", "4", "1Gi")
		c.pods.Add(big)
		c.wantScore(cart, "n", whenFull)

		finished := big.DeepCopy()
		finished.Status.Phase = corev1.PodSucceeded
		c.pods.Update(big, finished)
		c.wantScore(cart, "n", whenEmpty)

		c.pods.Update(finished, big)
		c.pods.Update(big, big) // a resync counts nothing twice
		c.wantScore(cart, "n", whenFull)

		c.pods.Delete(big)
		c.wantScore(cart, "n", whenEmpty)
	})
}

func TestAResizedPodTakesItsNewRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.nodes.Add(node("n"))
		c.pods.Add(bound("big", "n", "4", "1Gi"))
		c.wantScore(cart, "n", whenFull)
		c.pods.Update(bound("big", "n", "4", "1Gi"), bound("big", "n", "1m", "1Mi"))
		c.wantScore(cart, "n", whenEmpty)
	})
}

func TestAPodKnownBeforeItsNodeIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.pods.Add(bound("big", "n", "4", "1Gi"))
		c.pods.Add(bound("pending", "", "4", "1Gi"))
		c.nodes.Add(node("n"))
		c.wantScore(cart, "n", whenFull)
		c.nodes.Delete(node("n"))
		c.wantScore(cart, "n", score.Neutral)
	})
}

func TestRemovalIsSeenFromEverySide(t *testing.T) {
	now := metav1.Now()
	cases := map[string]func(*corev1.Node, *v1alpha1.VPSieNode){
		"the Node is annotated": func(n *corev1.Node, _ *v1alpha1.VPSieNode) {
			n.Annotations = map[string]string{v1alpha1.AnnotationScaleDownStarted: "2026-01-02T03:04:05Z"}
		},
		"the Node is deleted":      func(n *corev1.Node, _ *v1alpha1.VPSieNode) { n.DeletionTimestamp = &now },
		"the VPSieNode is deleted": func(_ *corev1.Node, vn *v1alpha1.VPSieNode) { vn.DeletionTimestamp = &now },
	}
	for name, remove := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := start(t)
				n, vn := node("n"), machine("n", time.Hour, "shop/cart")
				c.nodes.Add(n)
				c.machines.Add(vn)
				c.wantScore(cart, "n", score.Planned)
				leavingNode, leavingMachine := n.DeepCopy(), vn.DeepCopy()
				remove(leavingNode, leavingMachine)
				c.nodes.Update(n, leavingNode)
				c.machines.Update(vn, leavingMachine)
				c.wantScore(cart, "n", score.Removed)
			})
		})
	}
}

func TestAMachineIsAwaitedUntilItIsReadyFailedOrGone(t *testing.T) {
	now := metav1.Now()
	cases := map[string]func(*v1alpha1.VPSieNode){
		"ready": func(vn *v1alpha1.VPSieNode) {
			vn.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}}
		},
		"failed":  func(vn *v1alpha1.VPSieNode) { vn.Status.Phase = v1alpha1.PhaseFailed },
		"deleted": func(vn *v1alpha1.VPSieNode) { vn.DeletionTimestamp = &now },
	}
	for name, end := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := start(t)
				vn := machine("n", time.Minute, "shop/cart")
				c.machines.Add(vn)
				c.settle()
				if since, ok := c.feed.Snapshot().Awaited("shop/cart"); !ok || !since.Equal(vn.CreationTimestamp.Time) {
					t.Errorf("Awaited = %v, %v, want %v, true", since, ok, vn.CreationTimestamp)
				}
				ended := vn.DeepCopy()
				end(ended)
				c.machines.Update(vn, ended)
				c.settle()
				if _, ok := c.feed.Snapshot().Awaited("shop/cart"); ok {
					t.Error("the machine is still awaited")
				}
			})
		})
	}
}

func TestAMachineThatIsGoneLeavesNoPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		vn := machine("n", time.Hour, "shop/cart")
		c.nodes.Add(node("n"))
		c.machines.Add(vn)
		c.wantScore(cart, "n", score.Planned)
		c.machines.Delete(vn)
		c.wantScore(cart, "n", whenEmpty)
	})
}

func TestAFirstChangeShowsAtOnceAndABurstOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		quiet := c.feed.Snapshot()
		c.nodes.Add(node("n"))
		synctest.Wait()
		first := c.feed.Snapshot()
		if first == quiet {
			t.Fatal("the change is not visible")
		}
		for range 1000 {
			c.pods.Add(bound("big", "n", "4", "1Gi"))
			c.pods.Delete(bound("big", "n", "4", "1Gi"))
		}
		time.Sleep(feed.Interval - time.Nanosecond)
		synctest.Wait()
		if c.feed.Snapshot() != first {
			t.Error("a second picture was made within the interval")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if c.feed.Snapshot() == first {
			t.Error("the burst is not visible after the interval")
		}
	})
}

func TestHeartbeatsMakeNoNewPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		c.nodes.Add(node("n"))
		c.settle()
		before := c.feed.Snapshot()
		beat := node("n")
		beat.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, LastHeartbeatTime: metav1.Now()}}
		c.nodes.Update(node("n"), beat)
		c.settle()
		if c.feed.Snapshot() != before {
			t.Error("a heartbeat made a new picture")
		}
	})
}

func TestNothingIsKnownBeforeEverythingIsListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		informers := newInformers(t)
		machines := controllertest.NewFakeInformer()
		informer(t, informers, &v1alpha1.VPSieNode{})
		informers.InformersByGVK[v1alpha1.GroupVersion.WithKind("VPSieNode")] = machines
		f := feed.New(informers)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go f.Start(ctx) //nolint:errcheck // ends with the context
		synctest.Wait()
		if f.Snapshot() != nil {
			t.Fatal("there is a picture before the VPSieNodes were listed")
		}
		machines.Synced()
		synctest.Wait()
		if f.Snapshot() == nil {
			t.Fatal("there is no picture after everything was listed")
		}
	})
}

func TestAKindThatCannotBeWatchedIsNamed(t *testing.T) {
	informers := newInformers(t)
	informers.Error = errors.New("forbidden")
	err := feed.New(informers).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "*v1.Node") || !strings.Contains(err.Error(), "forbidden") {
		t.Errorf("Start = %v, want an error that names the kind and the cause", err)
	}
}

func TestTheCacheKeepsWhatTheFeedNeedsAndNoMore(t *testing.T) {
	pod := bound("big", "n", "4", "1Gi")
	pod.UID, pod.ResourceVersion = "1", "2"
	always := corev1.ContainerRestartPolicyAlways
	pod.Spec.InitContainers = []corev1.Container{{Name: "sidecar", RestartPolicy: &always, Resources: pod.Spec.Containers[0].Resources}}
	pod.Spec.Overhead = resources("1", "1Gi")
	wantPod := pod.DeepCopy()
	pod.Labels, pod.ManagedFields = map[string]string{"a": "b"}, []metav1.ManagedFieldsEntry{{Manager: "m"}}
	pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "PASSWORD", Value: "secret"}}
	pod.Status.Message = "long"

	leaving := node("n")
	leaving.Annotations = map[string]string{v1alpha1.AnnotationScaleDownStarted: "now"}
	wantNode := leaving.DeepCopy()
	leaving.Annotations["other"] = "x"
	leaving.Labels = map[string]string{"a": "b"}
	leaving.Status.Images = []corev1.ContainerImage{{SizeBytes: 1}}

	for kind, options := range feed.CacheByObject() {
		var in, want client.Object = pod, wantPod
		if _, isNode := kind.(*corev1.Node); isNode {
			in, want = leaving, wantNode
		}
		got, err := options.Transform(in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("kept of %T (-want +got):\n%s", kind, diff)
		}
	}
}
