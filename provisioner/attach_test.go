package provisioner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// csiNode is what the drivers of a node report: limits by driver, negative for a driver that reports none.
func csiNode(name string, limits map[string]int32) *storagev1.CSINode {
	node := &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for driver, limit := range limits {
		reported := storagev1.CSINodeDriver{Name: driver, NodeID: name}
		if limit >= 0 {
			reported.Allocatable = &storagev1.VolumeNodeResources{Count: &limit}
		}
		node.Spec.Drivers = append(node.Spec.Drivers, reported)
	}
	return node
}

func TestAttachLimitsAreReadAndForeseen(t *testing.T) {
	const disks, files = "disks.example.com", "files.example.com"
	ready := func(name, group string) []client.Object {
		return []client.Object{build.VPSieNode(name, group).Ready().Obj(), build.Node(name).In(group).Ready().Allocatable("2", "8Gi").Obj()}
	}
	tests := map[string]struct {
		objects [][]client.Object
		nodes   map[string]map[string]int
		web     map[string]int // forecast for the group web
	}{
		"nobody reports anything": {
			objects: [][]client.Object{ready("prod-web-1", "web")},
			nodes:   map[string]map[string]int{"prod-web-1": nil},
		},
		"the smallest of the group counts": {
			objects: [][]client.Object{
				ready("prod-web-1", "web"), ready("prod-web-2", "web"), ready("prod-big-1", "big"),
				{csiNode("prod-web-1", map[string]int32{disks: 16}), csiNode("prod-web-2", map[string]int32{disks: 12}), csiNode("prod-big-1", map[string]int32{disks: 8})},
			},
			nodes: map[string]map[string]int{"prod-web-1": {disks: 16}, "prod-web-2": {disks: 12}, "prod-big-1": {disks: 8}},
			web:   map[string]int{disks: 12},
		},
		"without nodes of the group others of ours tell": {
			objects: [][]client.Object{
				ready("prod-big-1", "big"), ready("prod-big-2", "big"),
				{csiNode("prod-big-1", map[string]int32{disks: 8, files: 0}), csiNode("prod-big-2", map[string]int32{disks: 7, files: -1})},
			},
			nodes: map[string]map[string]int{"prod-big-1": {disks: 8, files: 0}, "prod-big-2": {disks: 7}},
			web:   map[string]int{disks: 7, files: 0},
		},
		"nodes of others tell nothing": {
			objects: [][]client.Object{{build.Node("by-hand").Ready().Allocatable("2", "8Gi").Obj(), csiNode("by-hand", map[string]int32{disks: 3})}},
			nodes:   map[string]map[string]int{"by-hand": {disks: 3}},
		},
		"a node on its way will report what others do": {
			objects: [][]client.Object{
				ready("prod-web-1", "web"),
				{build.VPSieNode("prod-web-2", "web").Obj(), csiNode("prod-web-1", map[string]int32{disks: 16})},
			},
			nodes: map[string]map[string]int{"prod-web-1": {disks: 16}, "prod-web-2": {disks: 16}},
			web:   map[string]int{disks: 16},
		},
		"a node that has just joined already reports a part": {
			objects: [][]client.Object{
				ready("prod-web-1", "web"),
				{build.VPSieNode("prod-web-2", "web").Obj(), build.Node("prod-web-2").NotReady().Taint(corev1.TaintNodeNotReady, "", corev1.TaintEffectNoSchedule).Obj()},
				{csiNode("prod-web-1", map[string]int32{disks: 16, files: 4}), csiNode("prod-web-2", map[string]int32{disks: 20})},
			},
			nodes: map[string]map[string]int{"prod-web-1": {disks: 16, files: 4}, "prod-web-2": {disks: 20, files: 4}},
			web:   map[string]int{disks: 16, files: 4},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			objects := []client.Object{web().Obj()}
			for _, more := range test.objects {
				objects = append(objects, more...)
			}
			snapshot := newWorld(t, objects...).snapshot()
			nodes := map[string]map[string]int{}
			for _, node := range snapshot.Nodes {
				nodes[node.Name] = node.AttachLimits
			}
			if diff := cmp.Diff(test.nodes, nodes); diff != "" {
				t.Errorf("limits of the nodes (-want +got):\n%s", diff)
			}
			if got := snapshot.Groups[0].AttachLimits; len(got) != len(test.web) || len(got) > 0 && !cmp.Equal(test.web, got) {
				t.Errorf("forecast %v, want %v", got, test.web)
			}
		})
	}
}
