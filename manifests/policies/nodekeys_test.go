package policies_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

// managed is a Node as the autoscaler leaves it.
func managed(name string) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:   name,
			Labels: map[string]string{"autoscaler.vpsie.com/managed": "true", "autoscaler.vpsie.com/nodegroup": "gold", "team": "shop"},
		},
		Spec: corev1.NodeSpec{Taints: []corev1.Taint{
			{Key: "autoscaler.vpsie.com/uninitialized", Effect: corev1.TaintEffectNoSchedule}, {Key: "team", Value: "shop", Effect: corev1.TaintEffectNoSchedule},
		}},
	}
}

// writer updates a Node for real or its status, in rehearsal.
type writer func(ctx context.Context, api client.Client, node *corev1.Node) error

func updates(ctx context.Context, api client.Client, node *corev1.Node) error {
	return api.Update(ctx, node, client.DryRunAll)
}

func updatesStatus(ctx context.Context, api client.Client, node *corev1.Node) error {
	return api.Status().Update(ctx, node, client.DryRunAll)
}

func TestOnlyTheAutoscalerChangesWhatItGoesBy(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	cluster.ApplyManifests(t, "node-keys.yaml")
	admin := as(t, cluster, "admin")
	stranger := as(t, cluster, "ann")
	autoscaler := as(t, cluster, autoscaler, "system:serviceaccounts:"+ours)
	foreign := managed("foreign")
	foreign.Labels = nil
	for _, node := range []*corev1.Node{managed("ours"), foreign} {
		kubelet := as(t, cluster, "system:node:"+node.Name, "system:nodes")
		must(t, "register a Node", kubelet.Create(t.Context(), node.DeepCopy()))
		t.Cleanup(func() {
			if err := admin.Delete(context.Background(), node); err != nil {
				t.Error(err)
			}
		})
	}
	unlabel := func(n *corev1.Node) { delete(n.Labels, "autoscaler.vpsie.com/managed") }
	try := func(api client.Client, name string, write writer, change func(*corev1.Node)) error {
		return retry.RetryOnConflict(retry.DefaultBackoff, func() error { // the controllers of Kubernetes write to Nodes, too
			var node corev1.Node
			must(t, "read a Node", admin.Get(t.Context(), client.ObjectKey{Name: name}, &node))
			change(&node)
			return write(t.Context(), api, &node)
		})
	}
	controlplanetest.Eventually(t, "the policy to be enforced", func(context.Context) error {
		if err := try(stranger, "ours", updates, unlabel); !apierrors.IsForbidden(err) {
			return errors.Join(errors.New("a stranger may take the label off"), err)
		}
		return nil
	})
	cases := map[string]struct {
		node    string
		change  func(*corev1.Node)
		refused []string // texts of the refusal; none means that it passes
		spec    bool     // cannot be written through the status
	}{
		"the managed label is taken off": {"ours", unlabel, []string{"ann may not change metadata.labels[autoscaler.vpsie.com/managed] of Node ours", "delete its VPSieNode"}, false},
		"labels are changed and added": {"ours", func(n *corev1.Node) {
			n.Labels["autoscaler.vpsie.com/nodegroup"], n.Labels["autoscaler.vpsie.com/bad"] = "other", "x"
		}, []string{"metadata.labels[autoscaler.vpsie.com/bad], [autoscaler.vpsie.com/nodegroup] of Node ours", "spec.labels of its NodeGroup"}, false},
		"the startup taint is taken off": {"ours", func(n *corev1.Node) { n.Spec.Taints = n.Spec.Taints[1:] },
			[]string{"ann may not change the taint autoscaler.vpsie.com/uninitialized=:NoSchedule of Node ours", "spec.taints of its NodeGroup"}, true},
		"a taint of ours is made up": {"ours", func(n *corev1.Node) {
			n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: "autoscaler.vpsie.com/x", Value: "y", Effect: corev1.TaintEffectNoExecute})
		}, []string{"may not change the taint autoscaler.vpsie.com/x=y:NoExecute of Node ours"}, true},
		"a removal is made up": {"ours", func(n *corev1.Node) {
			metav1.SetMetaDataAnnotation(&n.ObjectMeta, "autoscaler.vpsie.com/scale-down-started", "2026-01-01T00:00:00Z")
		}, []string{"ann may not change metadata.annotations[autoscaler.vpsie.com/scale-down-started] of Node ours", `set autoscaler.vpsie.com/scale-down-disabled to "true"`}, false},
		"a foreign Node is made ours": {"foreign", func(n *corev1.Node) { n.Labels = map[string]string{"autoscaler.vpsie.com/managed": "true"} },
			[]string{"may not change metadata.labels[autoscaler.vpsie.com/managed] of Node foreign"}, false},

		"labels of others":    {"ours", func(n *corev1.Node) { n.Labels["team"], n.Labels["new"] = "web", "x" }, nil, false},
		"no labels of others": {"ours", func(n *corev1.Node) { delete(n.Labels, "team") }, nil, false},
		"a cordon":            {"ours", func(n *corev1.Node) { n.Spec.Unschedulable = true }, nil, true},
		"taints of others":    {"ours", func(n *corev1.Node) { n.Spec.Taints = n.Spec.Taints[:1] }, nil, true},
		"the annotations for people": {"ours", func(n *corev1.Node) {
			metav1.SetMetaDataAnnotation(&n.ObjectMeta, "autoscaler.vpsie.com/scale-down-disabled", "true")
		}, nil, false},
		"a report of the kubelet": {"ours", func(n *corev1.Node) {
			n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
		}, nil, false},
		"any label of a foreign Node": {"foreign", func(n *corev1.Node) { n.Labels = map[string]string{"autoscaler.vpsie.com/nodegroup": "gold"} }, nil, false},
		"any taint of a foreign Node": {"foreign", func(n *corev1.Node) { n.Spec.Taints = nil }, nil, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ways := map[string]writer{"the Node": updates, "its status": updatesStatus}
			if c.spec {
				delete(ways, "its status")
			}
			for way, write := range ways {
				err := try(stranger, c.node, write, c.change)
				if (len(c.refused) > 0) != apierrors.IsForbidden(err) || len(c.refused) == 0 && err != nil {
					t.Errorf("through %s: answered %v", way, err)
				}
				for _, text := range c.refused {
					if err != nil && !strings.Contains(err.Error(), text) {
						t.Errorf("through %s: answered %q, want %q in it", way, err, text)
					}
				}
				if err := try(autoscaler, c.node, write, c.change); err != nil {
					t.Errorf("the autoscaler, through %s: answered %v", way, err)
				}
			}
		})
	}
}
