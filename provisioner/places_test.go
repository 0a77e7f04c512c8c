package provisioner_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func TestPodsThatHaveAPlaceBuyNothing(t *testing.T) {
	tests := map[string][]client.Object{
		"on a node that is bought and awaited": {web().Desired(1).Obj(), build.VPSieNode("prod-web-1", "web").Obj()},
		"on a node that has joined and is not set up": {
			web().Desired(1).Obj(),
			build.VPSieNode("prod-web-1", "web").Obj(),
			build.Node("prod-web-1").NotReady().Allocatable("1930m", "6Gi").
				Taint(v1alpha1.TaintUninitialized, "", corev1.TaintEffectNoSchedule).
				Taint(corev1.TaintNodeNotReady, "", corev1.TaintEffectNoSchedule).Obj(),
		},
		"on a node that is ready": {
			web().Desired(1).Obj(), build.VPSieNode("prod-web-1", "web").Ready().Obj(), build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Obj(),
		},
		"on a node that is not ours": {web().Obj(), build.Node("by-hand").Ready().Allocatable("4", "8Gi").Obj()},
	}
	for name, objects := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, objects...)
			before := len(w.bought())
			w.waiting(half("a"), half("b"))
			w.plan()
			if got := len(w.bought()); got != before {
				t.Errorf("%d VPSieNodes bought", got-before)
			}
		})
	}
}

func TestNodesThatLeaveHoldNoPod(t *testing.T) {
	tests := map[string][]client.Object{
		"a VPSieNode that is deleted": {
			build.VPSieNode("prod-web-1", "web").Ready().Deleting().Obj(), build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Obj(),
		},
		"a Node that is being scaled down": {
			build.VPSieNode("prod-web-1", "web").Ready().Obj(),
			build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Annotation(v1alpha1.AnnotationScaleDownStarted, "now").Obj(),
		},
		"a Node that has vanished": {
			build.VPSieNode("prod-web-1", "web").Condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNodeMissing).Obj(),
		},
		"a Node that is full": {
			build.VPSieNode("prod-web-1", "web").Ready().Obj(), build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Obj(), whole("x").On("prod-web-1").Obj(),
		},
		"a Node that is full until a pod has ended": {
			build.VPSieNode("prod-web-1", "web").Ready().Obj(), build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Obj(),
			whole("x").On("prod-web-1").Terminating(time.Now().Add(time.Minute)).Obj(),
		},
		"a Node that preemption makes room on for another": {
			build.VPSieNode("prod-web-1", "web").Ready().Obj(), build.Node("prod-web-1").Ready().Allocatable("1930m", "6Gi").Obj(), whole("x").Nominated("prod-web-1").Obj(),
		},
	}
	for name, objects := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, append(objects, web().Desired(1).Obj())...)
			w.waiting(whole("a"))
			w.plan()
			w.wantShopping("web general-2:", "web general-2: default/a")
		})
	}
}

func TestNodesThatLeaveStillUseUpTheMaximum(t *testing.T) {
	w := newWorld(t, web().Max(1).Obj(), build.VPSieNode("prod-web-1", "web").Ready().Deleting().Obj())
	w.waiting(whole("a"))
	w.plan()
	if got := len(w.bought()); got != 1 {
		t.Errorf("%d VPSieNodes with a maximum of 1", got)
	}
	if got := *w.group("web").Spec.DesiredNodes; got != 0 {
		t.Errorf("desired %d, want 0", got)
	}
	if got := testutil.ToFloat64(w.metrics.UnplacedPods.WithLabelValues("GroupLimit")); got != 1 {
		t.Errorf("%v pods counted as held back by the group's limit, want 1", got)
	}
}
