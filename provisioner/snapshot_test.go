package provisioner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func TestASnapshotHoldsWhatDecidesOverPlaces(t *testing.T) {
	w := newWorld(t,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: map[string]string{"team": "a"}}},
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "plain"}},
		&corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "orders"}, Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "disk-1"}},
		&corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "disk-1"}},
		&storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "fast"}, Provisioner: "disks.example.com"},
	)
	snapshot := w.snapshot(build.Pod("a").Obj())
	if len(snapshot.Pods) != 1 || snapshot.Pods[0].Name != "a" {
		t.Errorf("pods %v", snapshot.Pods)
	}
	want := map[string]map[string]string{"shop": {"team": "a"}, "plain": nil}
	if diff := cmp.Diff(want, snapshot.Namespaces); diff != "" {
		t.Errorf("labels of namespaces (-want +got):\n%s", diff)
	}
	storage := snapshot.Storage
	if len(storage.Claims) != 1 || storage.Claims[0].Spec.VolumeName != "disk-1" {
		t.Errorf("claims %v", storage.Claims)
	}
	if len(storage.Volumes) != 1 || storage.Volumes[0].Name != "disk-1" {
		t.Errorf("volumes %v", storage.Volumes)
	}
	if len(storage.Classes) != 1 || storage.Classes[0].Provisioner != "disks.example.com" {
		t.Errorf("classes %v", storage.Classes)
	}
}

func TestASnapshotHoldsTheWishesOfGroupsAndOfTheConfiguration(t *testing.T) {
	group := build.NodeGroup("web").Offerings(fake.OfferingGeneral2, fake.OfferingGeneral8).Obj()
	group.Spec.Priority, group.Spec.PreferredOfferingID = 7, fake.OfferingGeneral8
	w := newWorld(t, group)
	cutoff := int32(-10)
	w.policy = plan.Policy{SchedulerNames: []string{"default-scheduler"}, PriorityCutoff: &cutoff, PreferenceShare: 0.05}
	w.restart(w.api)
	snapshot := w.snapshot()
	if got := snapshot.Groups[0]; got.Priority != 7 || got.PreferredOfferingID != fake.OfferingGeneral8 {
		t.Errorf("group %+v", got)
	}
	if diff := cmp.Diff(w.policy, snapshot.Policy); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

func TestNodesComeInTheOrderOfTheirNames(t *testing.T) {
	w := newWorld(t, web().Obj(), build.Node("c").Ready().Obj(), build.Node("a").Ready().Obj(), build.VPSieNode("b", "web").Obj(), build.Node("d").Ready().Obj())
	var names []string
	for _, node := range w.snapshot().Nodes {
		names = append(names, node.Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, names); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
}

// What is on its way out is no place for pods and still costs, so that it counts for the limits of the cluster.
func TestNodesOnTheirWayOutAreLeaving(t *testing.T) {
	gone := []client.Object{
		build.VPSieNode("prod-web-1", "web").Ready().Deleting().Obj(),
		build.VPSieNode("prod-web-2", "web").Ready().Deleting().Obj(), build.Node("prod-web-2").Ready().Allocatable("1500m", "6Gi").Obj(),
	}
	stays := []client.Object{build.VPSieNode("prod-web-3", "web").Ready().Obj(), build.Node("prod-web-3").Ready().Allocatable("1500m", "6Gi").Obj()}
	for name, test := range map[string]struct {
		objects []client.Object
		leaving int
		nodes   int
	}{
		"nothing goes": {objects: stays, nodes: 1},
		"two go":       {objects: append(gone, stays...), leaving: 2, nodes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWorld(t, append(test.objects, web().Obj())...).snapshot()
			if len(s.Leaving) != test.leaving || len(s.Nodes) != test.nodes {
				t.Errorf("got %d nodes and %d that leave, want %d and %d", len(s.Nodes), len(s.Leaving), test.nodes, test.leaving)
			}
			for _, allocatable := range s.Leaving {
				if allocatable.Cpu().IsZero() {
					t.Errorf("a node that leaves has no size: %v", allocatable)
				}
			}
		})
	}
}
