package nodegroup_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
)

// vpsieNode is one of the group that these tests are about.
func vpsieNode(name string, change func(*v1alpha1.VPSieNode)) *v1alpha1.VPSieNode {
	node := build.VPSieNode(name, "general").Obj()
	node.Namespace = "vpsie-system"
	change(node)
	return node
}

func agent(name, memory string) *appsv1.DaemonSet {
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: name}}
	set.Spec.Template.Spec.Tolerations = []corev1.Toleration{everywhere}
	set.Spec.Template.Spec.Containers = []corev1.Container{{Name: "a", Resources: corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(memory)},
	}}}
	return set
}

// watched runs a test with a watcher that has read the market, in virtual time. The other watcher counts how often it was read.
func watched(t *testing.T, then func(t *testing.T, watcher *market.Watcher, reads *int)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		watcher := market.NewWatcher(
			func(context.Context) ([]cloud.Datacenter, error) { reads++; return sold().Datacenters, nil },
			func(_ context.Context, id string) ([]plan.Offering, error) { return sold().Offerings[id], nil },
		)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- watcher.Start(ctx) }()
		synctest.Wait()
		then(t, watcher, &reads)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestTheClusterAndTheMarketAreLookedUp(t *testing.T) {
	watched(t, func(t *testing.T, watcher *market.Watcher, _ *int) {
		twin := sound()
		twin.Name = "twin"
		api := build.API(twin, agent("logs", "9Gi"),
			vpsieNode("a", func(*v1alpha1.VPSieNode) {}),
			vpsieNode("b", func(*v1alpha1.VPSieNode) {}),
			vpsieNode("leaving", func(n *v1alpha1.VPSieNode) { now := metav1.Now(); n.DeletionTimestamp = &now }),
			vpsieNode("elsewhere", func(n *v1alpha1.VPSieNode) { n.Namespace = "shop" }),
			vpsieNode("other", func(n *v1alpha1.VPSieNode) { n.Spec.NodeGroupName = "twin" }),
		)
		v := nodegroup.Validator{Cached: api, Market: watcher}
		warnings, err := v.ValidateUpdate(t.Context(), sound(), sound(size(0, 1)))
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		startWith(t, warnings, []string{"spec.offeringIDs: the DaemonSets leave no room", "spec.maxNodes is 1, and the group has 2 nodes", "labels, taints, priority"})
		_, err = v.ValidateCreate(t.Context(), sound(size(6, 5)))
		for _, want := range []string{"spec.minNodes", "the DaemonSets leave no room"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("ValidateCreate = %v, want %q in it", err, want)
			}
		}
	})
}

func TestARefusalForTheMarketHasItReadAgain(t *testing.T) {
	watched(t, func(t *testing.T, watcher *market.Watcher, reads *int) {
		v := nodegroup.Validator{Market: watcher}
		check := func(group *v1alpha1.NodeGroup, wantRefused bool, wantReads int) {
			t.Helper()
			if _, err := v.ValidateCreate(t.Context(), group); (err != nil) != wantRefused {
				t.Errorf("ValidateCreate = %v, want refused = %t", err, wantRefused)
			}
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if *reads != wantReads {
				t.Errorf("the market was read %d times, want %d", *reads, wantReads)
			}
		}
		check(sound(), false, 1)
		check(sound(size(6, 5)), true, 1)
		check(sound(offering("new")), true, 2)
	})
}

func TestAClusterThatCannotBeReadIsAWarning(t *testing.T) {
	broken := interceptor.NewClient(build.API(), interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("no cache")
		},
	})
	warnings, err := nodegroup.Validator{Cached: broken}.ValidateCreate(t.Context(), sound())
	if err != nil {
		t.Errorf("refused: %v", err)
	}
	startWith(t, warnings, []string{
		"the group could not be compared with the cluster: list NodeGroups: no cache", "the group could not be compared with the cluster: list DaemonSets: no cache",
	})
}

func TestAnAnswerCarriesSixWarningsAtMost(t *testing.T) {
	several := []change{template(joins), label("node-role.kubernetes.io/control-plane", "")}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		several = append(several, variable(name, ""))
	}
	for unused, want := range map[int]string{5: "spec.cloudInitVariables[e]", 6: "and 2 more warnings"} {
		group := sound(several...)
		if unused == 6 {
			variable("f", "")(group)
		}
		warnings, err := nodegroup.Validator{}.ValidateCreate(t.Context(), group)
		if err != nil || len(warnings) != 6 || !strings.HasPrefix(warnings[5], want) {
			t.Errorf("%d variables: %q, %v, want 6 warnings, the last %q", unused, warnings, err, want)
		}
	}
}
