package pod_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// seller is a cloud of one data centre.
type seller struct {
	err    error
	asked  []string
	soldTo string // who has bought everything
}

func (s *seller) datacenters(context.Context) ([]cloud.Datacenter, error) {
	return []cloud.Datacenter{{ID: build.NodeGroup("a").Obj().Spec.DatacenterID}}, s.err
}

func (s *seller) offerings(_ context.Context, datacenter string) ([]plan.Offering, error) {
	s.asked = append(s.asked, datacenter)
	if s.soldTo != "" {
		return nil, nil
	}
	return []plan.Offering{offering("big", datacenter, "8", "32Gi")}, s.err
}

// fits tells what the refresher's supply says of a pod for a group; nothing known counts as neither.
func fits(r *pod.Refresher, group string) string {
	supply := r.Supply()
	switch {
	case supply == nil:
		return "unknown"
	case len(pod.Examine(build.Pod("p").Requests("1", "1Gi").Selects(v1alpha1.LabelNodeGroup, group).Obj(), supply)) > 0:
		return "no"
	default:
		return "yes"
	}
}

func TestTheSupplyFollowsTheClusterAndTheCloud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		api := build.API(build.NodeGroup("a").Obj(), build.Node("n").Ready().Obj(), &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "logs"}})
		cloud := &seller{}
		r := pod.NewRefresher(api, cloud.offerings, nil)
		want := func(when, group, answer string) {
			t.Helper()
			synctest.Wait()
			if got := fits(r, group); got != answer {
				t.Errorf("%s, whether a pod fits group %s is %q, want %q", when, group, got, answer)
			}
		}
		if r.Ready(nil) == nil || r.NeedLeaderElection() {
			t.Error("the refresher is ready before it read anything, or waits to be the leader")
		}
		want("before the start", "a", "unknown")
		ended := make(chan error)
		go func() { ended <- r.Start(ctx) }()
		want("after the start", "a", "yes")
		if err := r.Ready(nil); err != nil {
			t.Errorf("not ready after the start: %v", err)
		}

		if err := api.Create(ctx, build.NodeGroup("b").Obj()); err != nil {
			t.Fatal(err)
		}
		r.Changed()
		r.Changed()
		want("right after a change", "b", "no")
		time.Sleep(time.Second)
		want("a second after a change", "b", "yes")
		if len(cloud.asked) != 2 {
			t.Errorf("the cloud was asked %v, want once for both groups each time", cloud.asked)
		}

		cloud.err = errors.New("the cloud is down")
		time.Sleep(59 * time.Second)
		want("while the last answer counts", "a", "yes")
		time.Sleep(time.Second)
		want("when the cloud has not answered", "a", "unknown")
		if err := r.Ready(nil); err != nil {
			t.Errorf("not ready while the cloud is down: %v", err)
		}
		cloud.err = nil
		time.Sleep(time.Minute)
		want("when the cloud answers again", "a", "yes")

		stop()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

// Given a supply that learns what is sold from the market's watcher, when the cloud stops selling, or stops answering, then the supply
// follows within a second of the watcher's reading.
func TestTheSupplyFollowsTheMarket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		cloud := &seller{}
		watcher := market.NewWatcher(cloud.datacenters, cloud.offerings)
		r := pod.NewRefresher(build.API(build.NodeGroup("a").Obj()), watcher.Offerings, nil)
		watcher.OnChange(r.Changed)
		ended := make(chan error, 2)
		go func() { ended <- r.Start(ctx) }()
		go func() { ended <- watcher.Start(ctx) }()
		want := func(when, answer string) {
			t.Helper()
			time.Sleep(time.Minute + time.Second)
			synctest.Wait()
			if got := fits(r, "a"); got != answer {
				t.Errorf("%s, whether a pod fits is %q, want %q", when, got, answer)
			}
		}
		want("at the start", "yes")
		cloud.err = errors.New("the cloud is down")
		want("when the cloud does not answer", "unknown")
		cloud.err = nil
		want("when it answers again", "yes")
		cloud.soldTo = "somebody else"
		want("when nothing is sold any more", "no")
		stop()
		if err := errors.Join(<-ended, <-ended); err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestTheSupplyIsUnknownWhileAPartOfItCannotBeRead(t *testing.T) {
	for name, sample := range map[string]client.ObjectList{"Nodes": &corev1.NodeList{}, "NodeGroups": &v1alpha1.NodeGroupList{}, "DaemonSets": &appsv1.DaemonSetList{}} {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		api := build.Failing(build.API(), build.OnList, sample, errors.New("broken"))
		r := pod.NewRefresher(api, new(seller).offerings, nil)
		if err := r.Start(ctx); err != nil || r.Supply() != nil {
			t.Errorf("without %s, Start gives %v and the supply is known: %t", name, err, r.Supply() != nil)
		}
	}
}

func TestWithoutTheCloudOnlyAClusterWithoutGroupsIsKnown(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	leaving := build.NodeGroup("leaving").Obj()
	now := metav1.Now()
	leaving.DeletionTimestamp = &now
	for name, c := range map[string]struct {
		groups []client.Object
		known  bool
	}{
		"no group":              {nil, true},
		"a group that goes":     {[]client.Object{leaving}, true},
		"a group that is there": {[]client.Object{build.NodeGroup("a").Obj()}, false},
	} {
		r := pod.NewRefresher(build.API(c.groups...), nil, nil)
		if err := r.Start(ctx); err != nil || (r.Supply() != nil) != c.known {
			t.Errorf("with %s, Start gives %v and the supply is known: %t", name, err, r.Supply() != nil)
		}
	}
}

func TestChangesThatMatterAreReadSoon(t *testing.T) {
	node := build.Node("n").Allocatable("1", "1Gi").Obj()
	heartbeat, labelled, larger := node.DeepCopy(), node.DeepCopy(), node.DeepCopy()
	heartbeat.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady}}
	labelled.Labels["a"] = "b"
	larger.Status.Allocatable = build.Node("n").Allocatable("2", "1Gi").Obj().Status.Allocatable
	tainted := build.Node("n").Allocatable("1", "1Gi").Taint("a", "", corev1.TaintEffectNoSchedule).Obj()
	group := build.NodeGroup("a").Obj()
	counted, edited := group.DeepCopy(), group.DeepCopy()
	counted.Status.CurrentNodes++
	edited.Generation++
	cases := map[string]struct {
		before, after client.Object
		matters       bool
	}{
		"a heartbeat": {node, heartbeat, false}, "a label": {node, labelled, true}, "a taint": {node, tainted, true}, "an amount": {node, larger, true},
		"a group's status": {group, counted, false}, "a group's spec": {group, edited, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				informers := &informertest.FakeInformers{Scheme: watchedKinds(t)}
				cloud := &seller{}
				r := pod.NewRefresher(build.API(build.NodeGroup("a").Obj()), cloud.offerings, nil)
				if err := r.Watch(t.Context(), informers); err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- r.Start(ctx) }()
				synctest.Wait()
				informer, err := informers.FakeInformerFor(ctx, c.before)
				if err != nil {
					t.Fatal(err)
				}
				asked := func(after string, event func(), want int) {
					t.Helper()
					before := len(cloud.asked)
					event()
					time.Sleep(2 * time.Second)
					synctest.Wait()
					if got := len(cloud.asked) - before; got != want {
						t.Errorf("after %s the supply was read %d times, want %d", after, got, want)
					}
				}
				asked("the update", func() { informer.Update(c.before, c.after) }, map[bool]int{true: 1}[c.matters])
				asked("two additions", func() { informer.Add(c.after); informer.Add(c.after) }, 1)
				asked("the deletion", func() { informer.Delete(c.after) }, 1)
				stop()
				if err := <-ended; err != nil {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

// watchedKinds has Namespaces as metadata only, which is how they are watched.
func watchedKinds(t *testing.T) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(corev1.SchemeGroupVersion, &corev1.Node{})
	scheme.AddKnownTypeWithName(corev1.SchemeGroupVersion.WithKind("Namespace"), &metav1.PartialObjectMetadata{})
	if err := errors.Join(appsv1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	return scheme
}
