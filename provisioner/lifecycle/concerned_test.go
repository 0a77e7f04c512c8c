package lifecycle_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/lifecycle"
)

func TestChangesReachTheVPSieNodesThatTheyConcern(t *testing.T) {
	renamed, other, abroad := build.VPSieNode("prod-web-2", "web").Obj(), build.VPSieNode("prod-db-1", "db").Obj(), build.VPSieNode("prod-web-3", "web").Obj()
	renamed.Status.NodeName, abroad.Namespace = platformName, "elsewhere"
	api := fake.NewClientBuilder().WithScheme(build.Scheme()).WithIndex(&v1alpha1.VPSieNode{}, lifecycle.NodeNameField, lifecycle.NodeNames).
		WithObjects(build.VPSieNode(nodeName, "web").Obj(), renamed, other, abroad).Build()
	reconciler := lifecycle.New(lifecycle.Parts{Client: api}, options)
	tests := map[string]struct {
		got  []reconcile.Request
		want []string
	}{
		"a Node by its name":              {lifecycle.OfNode(reconciler, t.Context(), build.Node(nodeName).Obj()), []string{"default/" + nodeName}},
		"a Node that the platform named":  {lifecycle.OfNode(reconciler, t.Context(), build.Node(platformName).Obj()), []string{"default/prod-web-2"}},
		"no Node by the VPSieNode's name": {lifecycle.OfNode(reconciler, t.Context(), build.Node("prod-web-2").Obj()), nil},
		"a Node of nobody":                {lifecycle.OfNode(reconciler, t.Context(), build.Node("control-plane").Obj()), nil},
		"a group":                         {lifecycle.OfGroup(reconciler, t.Context(), build.NodeGroup("web").Obj()), []string{"default/" + nodeName, "default/prod-web-2"}},
	}
	for name, test := range tests {
		var got []string
		for _, request := range test.got {
			got = append(got, request.String())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
