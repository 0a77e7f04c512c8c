package node_test

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/webhook/node"
)

// indexed is a reader over the kind of store that the caches have, which answers as they do.
type indexed struct {
	client.Reader
	pods, vpsieNodes toolscache.Indexer
}

func newIndexed() *indexed {
	return &indexed{
		pods: toolscache.NewIndexer(toolscache.MetaNamespaceKeyFunc, toolscache.Indexers{node.PodNodeField: func(object any) ([]string, error) {
			return node.PodNode(object.(client.Object)), nil
		}}),
		vpsieNodes: toolscache.NewIndexer(toolscache.MetaNamespaceKeyFunc, nil),
	}
}

func (i *indexed) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	wanted := (&client.ListOptions{}).ApplyOptions(options)
	value, _ := wanted.FieldSelector.RequiresExactMatch(node.PodNodeField)
	found, err := i.pods.ByIndex(node.PodNodeField, value)
	for _, pod := range found {
		pods := list.(*corev1.PodList)
		pods.Items = append(pods.Items, *pod.(*corev1.Pod))
	}
	return err
}

func (i *indexed) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	found, _, err := i.vpsieNodes.GetByKey(key.String())
	found.(*v1alpha1.VPSieNode).DeepCopyInto(object.(*v1alpha1.VPSieNode))
	return err
}

// BenchmarkNode answers requests about one of 5,000 Nodes with 20 pods each.
func BenchmarkNode(b *testing.B) {
	store := newIndexed()
	for n := range 5_000 {
		_ = store.vpsieNodes.Add(build.VPSieNode(fmt.Sprint("n", n), "gold").Obj())
		for p := range 20 {
			_ = store.pods.Add(build.Pod(fmt.Sprint("p", n, "-", p)).On(fmt.Sprint("n", n)).OwnedBy("ReplicaSet", "web").Obj())
		}
	}
	w := &world{handler: &node.Handler{Cluster: node.Cluster{Reader: store}, Decoder: admission.NewDecoder(build.Scheme())}}
	object := build.Node("n7").In("gold").Label(v1alpha1.LabelVPSieNode, "n7").Label(v1alpha1.LabelNodeGroupNamespace, build.Namespace).Ready()
	before, after := object.Obj(), object.Taint("fire", "", corev1.TaintEffectNoExecute).Obj()
	for name, ask := range map[string]func() admission.Response{
		"deletion": func() admission.Response { return w.remove(b, before) },
		"taint":    func() admission.Response { return w.update(b, before, after) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := ask(); got.Allowed || got.Result.Reason != metav1.StatusReasonForbidden {
					b.Fatalf("answered %+v", got)
				}
			}
		})
	}
}
