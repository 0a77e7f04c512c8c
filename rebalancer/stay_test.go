package rebalancer_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func TestNodesThatStay(t *testing.T) {
	tests := map[string]func() []client.Object{
		"a pod runs there":     func() []client.Object { return objects(oneEmptyNode(), build.Pod("p").On("a").Obj()) },
		"the group is at min":  func() []client.Object { return objects(web().Min(1).Obj(), node("a")) },
		"scale-down is off":    func() []client.Object { return objects(web().ScaleDown(false).Obj(), node("a")) },
		"the group wants more": func() []client.Object { return objects(web().Desired(2).Obj(), node("a")) },
		"an annotation protects it": func() []client.Object {
			return objects(web().Obj(), build.VPSieNode("a", "web").Ready().Obj(), build.Node("a").Ready().Annotation(v1alpha1.AnnotationScaleDownDisabled, "true").Obj())
		},
		"the annotation of Cluster Autoscaler protects it": func() []client.Object {
			return objects(web().Obj(), build.VPSieNode("a", "web").Ready().Obj(), build.Node("a").Ready().Annotation("cluster-autoscaler.kubernetes.io/scale-down-disabled", "true").Obj())
		},
		"somebody has cordoned it": func() []client.Object {
			return objects(web().Obj(), build.VPSieNode("a", "web").Ready().Obj(), build.Node("a").Ready().In("web").Cordoned().Obj())
		},
		"it has not joined": func() []client.Object { return objects(web().Obj(), build.VPSieNode("a", "web").Obj()) },
	}
	for name, given := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, given, func(w *world) {
				node, _ := fetch(w, "", "a", &corev1.Node{})
				w.runFor(3 * window)
				w.wantUntouched(node)
			})
		})
	}
}

// Given a node whose pod does not come, when the promise to it has lasted long enough, then the node goes like any empty one.
func TestPromisedNodeIsKeptForAWhile(t *testing.T) {
	const promise = 5 * time.Minute
	given := func() []client.Object {
		return objects(web().Window(0).Obj(), build.VPSieNode("a", "web").Ready().For("default/p").Obj(), build.Node("a").Ready().In("web").Obj(), build.Pod("p").Obj())
	}
	scenario(t, given, func(w *world) {
		w.runFor(promise - time.Second)
		w.wantStates("a=staying")
		w.runFor(time.Minute)
		w.wantStates("a=leaving")
	})
}

func TestNodesThatGoAlthoughPodsAreThere(t *testing.T) {
	tests := map[string]client.Object{
		"of a DaemonSet": build.Pod("p").On("a").OwnedBy("DaemonSet", "logs").Obj(),
		"static":         build.Pod("p").On("a").Mirror().Obj(),
		"finished":       build.Pod("p").On("a").Phase(corev1.PodSucceeded).Obj(),
	}
	for name, pod := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, func() []client.Object { return objects(oneEmptyNode(), pod) }, func(w *world) {
				w.runFor(window + time.Minute)
				w.wantStates("a=leaving")
			})
		})
	}
}

func TestMarkedNodeThatBecomesProtectedIsUncordoned(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		w.runFor(window)
		w.reconcile()
		w.wantStates("a=cordoned")
		node, _ := fetch(w, "", "a", &corev1.Node{})
		node.Annotations[v1alpha1.AnnotationScaleDownDisabled] = "true"
		w.change(node)
		w.reconcile()
		w.wantStates("a=staying")
	})
}

func TestEmptyNodeStaysWhenTheGroupNeedsItOnTheLiveCluster(t *testing.T) {
	tests := map[string]func(group *v1alpha1.NodeGroup){
		"the minimum was raised": func(group *v1alpha1.NodeGroup) { group.Spec.MinNodes = 1 },
		"more nodes are wanted": func(group *v1alpha1.NodeGroup) {
			two := int32(2)
			group.Spec.DesiredNodes = &two
		},
	}
	for name, raise := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, oneEmptyNode, func(w *world) {
				w.runFor(window)
				w.reconcile()
				w.wantStates("a=cordoned")
				outdated := w.group()
				live := w.group()
				raise(live)
				w.change(live)
				w.cache = func(call build.Call, object any, act func() error) error {
					err := act()
					if group, ok := object.(*v1alpha1.NodeGroup); ok && err == nil {
						outdated.DeepCopyInto(group)
					}
					return err
				}
				time.Sleep(settle)
				w.reconcile()
				w.wantStates("a=staying")
			})
		})
	}
}

func TestArrivingNodeIsNotWritten(t *testing.T) {
	scenario(t, func() []client.Object { return objects(web().Obj(), build.VPSieNode("a", "web").Obj()) }, func(w *world) {
		w.runFor(window)
		if len(w.writes) != 0 {
			t.Errorf("writes %v: they race with those of the node's own lifecycle, which loses what the cloud answered", w.writes)
		}
	})
}

func TestIdleGroupIsNotWritten(t *testing.T) {
	scenario(t, func() []client.Object { return objects(web().Min(1).Obj(), node("a")) }, func(w *world) {
		w.reconcile()
		w.writes = nil
		for range 5 {
			w.reconcile()
			time.Sleep(time.Hour)
		}
		if len(w.writes) != 0 {
			t.Errorf("writes %v", w.writes)
		}
	})
}

func TestGroupThatIsBeingDeletedIsLeftAlone(t *testing.T) {
	scenario(t, oneEmptyNode, func(w *world) {
		if err := w.api.Delete(t.Context(), w.group()); err != nil {
			t.Fatal(err)
		}
		w.runFor(2 * window)
		w.wantStates("a=staying")
	})
}
