package unschedulable_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// podCache is a cache of pods that a test fills by hand.
type podCache struct {
	cache.Cache
	pods     map[types.UID]*corev1.Pod
	handler  toolscache.ResourceEventHandler
	unlisted bool
}

type podInformer struct {
	cache.Informer
	cache *podCache
}

func (c *podCache) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return podInformer{cache: c}, nil
}

// AddEventHandler replays what is there, as an informer does.
func (i podInformer) AddEventHandler(handler toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	i.cache.handler = handler
	for _, pod := range i.cache.pods {
		handler.OnAdd(pod, true)
	}
	return registration{cache: i.cache}, nil
}

type registration struct {
	toolscache.ResourceEventHandlerRegistration
	cache *podCache
}

func (r registration) HasSynced() bool { return !r.cache.unlisted }

// put adds a pod, or changes the one with the same UID.
func (c *podCache) put(pod *corev1.Pod) {
	old := c.pods[pod.UID]
	if c.pods == nil {
		c.pods = map[types.UID]*corev1.Pod{}
	}
	c.pods[pod.UID] = pod
	if old != nil {
		c.handler.OnUpdate(old, pod)
	} else {
		c.handler.OnAdd(pod, false)
	}
}

// remove deletes a pod.
func (c *podCache) remove(pod *corev1.Pod) {
	delete(c.pods, pod.UID)
	c.handler.OnDelete(pod)
}

func newDetector(t *testing.T, pods *podCache) *unschedulable.Detector {
	t.Helper()
	d, err := unschedulable.NewDetector(t.Context(), pods, rules)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func signalled(d *unschedulable.Detector) bool {
	select {
	case <-d.Changed():
		return true
	default:
		return false
	}
}

func pending(t *testing.T, d *unschedulable.Detector) []string {
	t.Helper()
	pods, err := d.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(pods))
	for i, pod := range pods {
		names[i] = pod.Name
	}
	slices.Sort(names)
	return names
}

func TestDetectorSignalsWhenTheSchedulerRefusesAPod(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	pods.put(build.Pod("web").Obj())
	if signalled(d) {
		t.Error("signal for a pod that the scheduler has not looked at")
	}
	pods.put(build.Pod("web").Unschedulable().Obj())
	if !signalled(d) {
		t.Error("no signal for a refused pod")
	}
	if diff := cmp.Diff([]string{"web"}, pending(t, d)); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
}

func TestDetectorDoesNotSignalWhatIsNotNew(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	pods.put(build.Pod("web").Unschedulable().Obj())
	signalled(d)
	pods.put(build.Pod("web").Unschedulable().Obj())
	if signalled(d) {
		t.Error("second signal for the same verdict")
	}
	pods.put(build.Pod("web").Unschedulable().On("n").Obj())
	if signalled(d) {
		t.Error("signal for a pod that was bound")
	}
	if got := pending(t, d); len(got) != 0 {
		t.Errorf("pending: %v", got)
	}
}

func TestDetectorSignalsWhenThePodIsRefusedAgainForAnotherReason(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	pods.put(build.Pod("web").Unschedulable().Message("0/1 nodes are available").Obj())
	signalled(d)
	pods.put(build.Pod("web").Unschedulable().Message("0/2 nodes are available").Obj())
	if !signalled(d) {
		t.Error("no signal although the scheduler has looked at other nodes")
	}
}

func TestDetectorSignalsOnceAFamilyUntilItIsAsked(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	refuse := func(name, owner string) { pods.put(build.Pod(name).OwnedBy("ReplicaSet", owner).Unschedulable().Obj()) }
	refuse("web-1", "web")
	if !signalled(d) {
		t.Fatal("no signal for the first of a family")
	}
	refuse("web-2", "web")
	if signalled(d) {
		t.Error("signal for the second of a family that nobody has asked about yet")
	}
	refuse("api-1", "api")
	if !signalled(d) {
		t.Error("no signal for another family")
	}
	pending(t, d)
	refuse("web-3", "web")
	if !signalled(d) {
		t.Error("no signal for a family that comes again after it was asked about")
	}
}

func TestSignalsThatNobodyTakesMeltIntoOne(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	for _, name := range []string{"a", "b", "c"} {
		pods.put(build.Pod(name).Unschedulable().Obj())
	}
	if !signalled(d) || signalled(d) {
		t.Error("want exactly one signal")
	}
	if got := pending(t, d); len(got) != 3 {
		t.Errorf("pending: %v, want all three", got)
	}
}

func TestARestartedDetectorKnowsWhatWaits(t *testing.T) {
	pods := &podCache{}
	first := newDetector(t, pods)
	pods.put(build.Pod("web").Unschedulable().Obj())
	signalled(first)

	second := newDetector(t, pods)
	if !signalled(second) {
		t.Error("no signal for what waited before the start")
	}
	if diff := cmp.Diff([]string{"web"}, pending(t, second)); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
}

func TestPodsGrowOldWithoutAnyEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{}
		d := newDetector(t, pods)
		pods.put(build.Pod("web").Obj())
		if got := pending(t, d); len(got) != 0 {
			t.Errorf("pending at once: %v", got)
		}
		time.Sleep(rules.FallbackAge)
		if diff := cmp.Diff([]string{"web"}, pending(t, d)); diff != "" {
			t.Errorf("pending after the fallback age (-want +got):\n%s", diff)
		}
	})
}

func TestPendingWaitsUntilThePodsAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{unlisted: true}
		d := newDetector(t, pods)
		pods.put(build.Pod("web").Unschedulable().Obj())
		context, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.Pending(context); !errors.Is(err, unschedulable.ErrNotListed) {
			t.Errorf("error %v, want ErrNotListed", err)
		}
		time.AfterFunc(time.Second, func() { pods.unlisted = false })
		if diff := cmp.Diff([]string{"web"}, pending(t, d)); diff != "" {
			t.Errorf("pending (-want +got):\n%s", diff)
		}
	})
}

func TestPodsThatAreGoneDoNotWait(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	web := build.Pod("web").OwnedBy("ReplicaSet", "web").Unschedulable().Obj()
	pods.put(web)
	pods.put(build.Pod("api").Unschedulable().Obj())
	pods.put(build.Pod("db").Unschedulable().Obj())
	pods.put(build.Pod("sibling").OwnedBy("ReplicaSet", "web").Obj())
	pods.remove(web)
	pods.handler.OnDelete(toolscache.DeletedFinalStateUnknown{Obj: pods.pods[build.UID("api")]})
	pods.put(build.Pod("db").Unschedulable().Terminating(time.Now()).Obj())
	if got := pending(t, d); len(got) != 0 {
		t.Errorf("pending: %v; the pods are gone and the sibling has nobody left who was refused", got)
	}
}

func TestDetectorSignalsWhenARefusedFamilyGrows(t *testing.T) {
	pods := &podCache{}
	d := newDetector(t, pods)
	pods.put(build.Pod("web-1").OwnedBy("ReplicaSet", "web").Unschedulable().Obj())
	signalled(d)
	pending(t, d)
	pods.put(build.Pod("web-2").OwnedBy("ReplicaSet", "web").Obj())
	if !signalled(d) {
		t.Error("no signal for a new sibling, which counts at once")
	}
	pods.put(build.Pod("web-3").OwnedBy("ReplicaSet", "web").Obj())
	if signalled(d) {
		t.Error("second signal for a family that nobody has asked about since the first")
	}
	if diff := cmp.Diff([]string{"web-1", "web-2", "web-3"}, pending(t, d)); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
}

// Given a pod that is nominated for a node, when the node goes before the pod is bound, then the pod waits again at once, whatever the
// scheduler will do about the nomination; and one that was not refused waits when it is old enough.
func TestANominationForANodeThatHasGoneCountsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pods := &podCache{}
		d := newDetector(t, pods)
		exists := map[string]bool{"n": true}
		d.Locate(func(node string) bool { return exists[node] })
		pods.put(build.Pod("refused").Created(time.Now()).Unschedulable().Nominated("n").Obj())
		pods.put(build.Pod("new").Created(time.Now()).Nominated("n").Obj())
		if got := pending(t, d); len(got) != 0 {
			t.Errorf("%v wait although their node exists", got)
		}
		exists["n"] = false
		if diff := cmp.Diff([]string{"refused"}, pending(t, d)); diff != "" {
			t.Errorf("pods that wait without the node (-want +got):\n%s", diff)
		}
		time.Sleep(rules.FallbackAge)
		if diff := cmp.Diff([]string{"new", "refused"}, pending(t, d)); diff != "" {
			t.Errorf("pods that wait when they are old (-want +got):\n%s", diff)
		}
		exists["n"] = true
		if got := pending(t, d); len(got) != 0 {
			t.Errorf("%v wait although their node is there again", got)
		}
	})
}
