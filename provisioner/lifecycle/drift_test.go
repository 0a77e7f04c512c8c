package lifecycle_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

const excluded = "node.kubernetes.io/exclude-from-external-load-balancers"

// labelled is a scenario with a ready node that has a label and a taint of its group.
func labelled(t *testing.T, act func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.VPSieNode(nodeName, "web").Label("tier", "front").Taint("dedicated", "web", corev1.TaintEffectNoSchedule).Obj())
		w.runUntil(v1alpha1.PhaseReady)
		w.runFor(time.Minute)
		w.writes = nil
		act(t, w)
	})
}

func TestLabelsAndTaintsThatSomebodyTookOffAreRestored(t *testing.T) {
	tests := map[string]func(node *corev1.Node){
		"label taken off": func(node *corev1.Node) { delete(node.Labels, "tier") },
		"label changed":   func(node *corev1.Node) { node.Labels["tier"] = "back" },
		"our own label":   func(node *corev1.Node) { delete(node.Labels, v1alpha1.LabelVPSieNode) },
		"all labels":      func(node *corev1.Node) { node.Labels = nil },
		"taint taken off": func(node *corev1.Node) { node.Spec.Taints = nil },
		"taint changed":   func(node *corev1.Node) { node.Spec.Taints[0].Value = "db" },
		"startup taint put on by a kubelet that registered again": func(node *corev1.Node) {
			node.Labels = map[string]string{v1alpha1.LabelVPSieNode: nodeName}
			node.Spec.Taints = []corev1.Taint{{Key: v1alpha1.TaintUninitialized, Effect: corev1.TaintEffectNoSchedule}}
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			labelled(t, func(t *testing.T, w *world) {
				w.changeNode(spoil)
				w.runFor(2 * time.Second)
				node := w.node()
				if node.Labels["tier"] != "front" || node.Labels[v1alpha1.LabelVPSieNode] != nodeName || node.Labels[v1alpha1.LabelNodeGroup] != "web" {
					t.Errorf("labels %v", node.Labels)
				}
				if diff := cmp.Diff([]string{"dedicated=web"}, taintKeys(node)); diff != "" {
					t.Errorf("taints (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff([]string{"patch Node"}, w.writes); diff != "" {
					t.Errorf("writes (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWhatOthersPutOnANodeStays(t *testing.T) {
	labelled(t, func(t *testing.T, w *world) {
		w.changeNode(func(node *corev1.Node) {
			node.Labels[excluded], node.Labels["foreign"] = "true", "kept"
			node.Annotations = map[string]string{"foreign": "kept"}
			node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: "example.com/maintenance", Effect: corev1.TaintEffectNoSchedule})
		})
		w.runFor(5 * time.Minute)
		if len(w.writes) != 0 {
			t.Errorf("writes %v for what others added", w.writes)
		}
		w.changeNode(func(node *corev1.Node) { delete(node.Labels, "tier") })
		w.runFor(2 * time.Second)
		node := w.node()
		if node.Labels["tier"] != "front" || node.Labels[excluded] != "true" || node.Labels["foreign"] != "kept" || node.Annotations["foreign"] != "kept" {
			t.Errorf("labels %v, annotations %v", node.Labels, node.Annotations)
		}
		if diff := cmp.Diff([]string{"dedicated=web", "example.com/maintenance="}, taintKeys(node)); diff != "" {
			t.Errorf("taints (-want +got):\n%s", diff)
		}
	})
}

func TestNodeThatIsDeletedAndRegistersAgainIsMarkedAgain(t *testing.T) {
	labelled(t, func(t *testing.T, w *world) {
		if err := w.api.Delete(t.Context(), w.node()); err != nil {
			t.Fatal(err)
		}
		w.runFor(time.Minute)
		fresh := build.Node(nodeName).Ready().Label(v1alpha1.LabelVPSieNode, nodeName).Taint(v1alpha1.TaintUninitialized, "", corev1.TaintEffectNoSchedule).Obj()
		fresh.UID = "another"
		if err := w.api.Create(t.Context(), fresh); err != nil {
			t.Fatal(err)
		}
		w.runFor(2 * time.Second)
		node := w.node()
		if node.Labels["tier"] != "front" || node.Spec.ProviderID == "" || !cmp.Equal(taintKeys(node), []string{"dedicated=web"}) {
			t.Errorf("labels %v, provider %q, taints %v", node.Labels, node.Spec.ProviderID, taintKeys(node))
		}
		if got := w.reason(v1alpha1.ConditionReady); got != v1alpha1.ReasonNodeReady {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonNodeReady)
		}
	})
}

// Given a kubelet that writes its Node at the same moment, when the Node is marked, then the write is repeated and nothing is lost.
func TestConflictsOverANodeAreRetried(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		refusals := 0
		w.intercept = func(write string, act func() error) error {
			if write == "patch Node" && refusals < 3 {
				refusals++
				return apierrors.NewConflict(schema.GroupResource{Resource: "nodes"}, nodeName, errors.New("the object has been modified"))
			}
			return act()
		}
		w.runUntil(v1alpha1.PhaseReady)
		if node := w.node(); refusals != 3 || node.Labels[v1alpha1.LabelNodeGroup] != "web" || len(node.Spec.Taints) != 0 {
			t.Errorf("%d refusals, labels %v, taints %v", refusals, node.Labels, node.Spec.Taints)
		}
	})
}
