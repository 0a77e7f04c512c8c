package vpsienode_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
	"github.com/vpsie/vpsie-autoscaler/webhook/vpsienode"
)

var scheme = hostnames.Scheme{Prefix: "prod-", ClusterID: "1"}

func newNode(change func(*v1alpha1.VPSieNode)) *v1alpha1.VPSieNode {
	node := &v1alpha1.VPSieNode{Spec: v1alpha1.VPSieNodeSpec{NodeGroupName: "general", OfferingID: "small", DatacenterID: "fra1"}}
	node.Namespace, node.Name = "vpsie-system", scheme.New("general")
	change(node)
	return node
}

func as(*v1alpha1.VPSieNode) {}

// around has the groups general and old, of which old is being deleted, and a market where fra1 sells small and large.
func around(changes ...func(*vpsienode.Surroundings)) *vpsienode.Surroundings {
	group := &v1alpha1.NodeGroup{Spec: v1alpha1.NodeGroupSpec{MaxNodes: 5, DatacenterID: "fra1"}}
	group.Name = "general"
	s := &vpsienode.Surroundings{
		Group: group, Groups: []string{"general", "old"}, Nodes: 2, Made: scheme.Made,
		Market: &market.Market{
			Datacenters: []cloud.Datacenter{{ID: "fra1"}},
			Offerings:   map[string][]plan.Offering{"fra1": {{ID: "small"}, {ID: "large"}}},
		},
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

func allows(ids ...string) func(*vpsienode.Surroundings) {
	return func(s *vpsienode.Surroundings) { s.Group.Spec.OfferingIDs = ids }
}

// Each line is a VPSieNode that is refused, the start of the message, and its nearest neighbour that is accepted.
func TestNewVPSieNodesAreRefusedAndTheirNeighboursAreNot(t *testing.T) {
	cases := map[string]struct {
		refuse func(*v1alpha1.VPSieNode)
		with   func(*vpsienode.Surroundings)
		fault  string
		accept func(*v1alpha1.VPSieNode)
		beside func(*vpsienode.Surroundings)
	}{
		"a name of its own": {
			refuse: func(n *v1alpha1.VPSieNode) { n.Name = "mine" },
			fault:  `metadata.name: Invalid value: "mine": it is no name that the autoscaler makes for machines of this cluster, so that the machine could not be told from those of others: use kubectl -n vpsie-system scale nodegroup general --replicas=N`,
		},
		"a name with the prefix only": {
			refuse: func(n *v1alpha1.VPSieNode) { n.Name = "prod-general-aaaaaaaaaaaa" }, fault: "metadata.name: ",
			accept: func(n *v1alpha1.VPSieNode) { n.Name = scheme.New("other") },
		},
		"a name of another cluster": {
			refuse: func(n *v1alpha1.VPSieNode) {
				n.Name = hostnames.Scheme{Prefix: "prod-", ClusterID: "2"}.New("general")
			}, fault: "metadata.name: ",
		},
		"no such group": {
			refuse: as, with: func(s *vpsienode.Surroundings) { s.Group = nil },
			fault: `spec.nodeGroupName: Invalid value: "general": namespace vpsie-system has no such NodeGroup: create it first, or choose among general, old`,
		},
		"no group at all": {
			refuse: as, with: func(s *vpsienode.Surroundings) { s.Group, s.Groups = nil, nil },
			fault: `spec.nodeGroupName: Invalid value: "general": namespace vpsie-system has no NodeGroup: create it first`,
		},
		"a group that goes": {
			refuse: as, with: func(s *vpsienode.Surroundings) { now := metav1.Now(); s.Group.DeletionTimestamp = &now },
			fault: `spec.nodeGroupName: Invalid value: "general": the NodeGroup is being deleted`,
		},
		"another data centre": {
			refuse: func(n *v1alpha1.VPSieNode) { n.Spec.DatacenterID = "ams1" },
			fault:  `spec.datacenterID: Invalid value: "ams1": NodeGroup general is in data centre fra1: use that`,
		},
		"an offering that the group does not allow": {
			refuse: as, with: allows("large"), fault: `spec.offeringID: Invalid value: "small": NodeGroup general does not allow it: choose among large`,
			accept: as, beside: allows("small", "large"),
		},
		"an offering that is not sold": {
			refuse: func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "medium" }, fault: `spec.offeringID: Invalid value: "medium": it is not sold in data centre fra1`,
			accept: func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "large" },
		},
		"an offering of an unknown market": {
			refuse: func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "medium" }, fault: `spec.offeringID: `,
			accept: func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "medium" }, beside: func(s *vpsienode.Surroundings) { s.Market = nil },
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			none := func(*vpsienode.Surroundings) {}
			if c.with == nil {
				c.with = none
			}
			if c.beside == nil {
				c.beside = none
			}
			if c.accept == nil {
				c.accept = as
			}
			if _, faults := vpsienode.Decide(newNode(c.refuse), around(c.with)); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), c.fault) {
				t.Errorf("faults %v, want one that starts with %s", faults, c.fault)
			}
			if _, faults := vpsienode.Decide(newNode(c.accept), around(c.beside)); len(faults) != 0 {
				t.Errorf("the neighbour is refused: %v", faults)
			}
		})
	}
}

func TestAllFaultsOfAVPSieNodeAreNamedAtOnce(t *testing.T) {
	_, faults := vpsienode.Decide(newNode(func(n *v1alpha1.VPSieNode) {
		n.Name, n.Spec.DatacenterID, n.Spec.OfferingID = "mine", "ams1", "medium"
	}), around())
	var fields []string
	for _, fault := range faults {
		fields = append(fields, fault.Field)
	}
	if want := []string{"metadata.name", "spec.datacenterID", "spec.offeringID"}; !slices.Equal(fields, want) {
		t.Errorf("faults in %v, want %v", fields, want)
	}
}

func TestWhoeverWritesAVPSieNodeIsToldWhatItCosts(t *testing.T) {
	for nodes, want := range map[int][]string{
		4: {"a machine is bought for this VPSieNode now: better scale the group"},
		5: {"a machine is bought", "NodeGroup general has 5 of at most 5 nodes already"},
	} {
		warnings, _ := vpsienode.Decide(newNode(as), around(func(s *vpsienode.Surroundings) { s.Nodes = nodes }))
		startWith(t, warnings, want)
	}
}

func startWith(t *testing.T, got, starts []string) {
	t.Helper()
	if len(got) != len(starts) {
		t.Fatalf("got %q, want %q", got, starts)
	}
	for i, start := range starts {
		if !strings.HasPrefix(got[i], start) {
			t.Errorf("got %q, want one that starts with %q", got[i], start)
		}
	}
}

func TestTheGroupIsLookedUpInTheNamespaceOfTheVPSieNode(t *testing.T) {
	group := build.NodeGroup("general").Max(1).Datacenter("fra1").Obj()
	group.Namespace = "vpsie-system"
	old := build.VPSieNode("old", "general").Obj()
	old.Namespace = "vpsie-system"
	v := vpsienode.Validator{Cached: build.API(group, old), Made: scheme.Made}
	warnings, err := v.ValidateCreate(t.Context(), newNode(as))
	if err != nil {
		t.Fatal(err)
	}
	startWith(t, warnings, []string{"a machine is bought", "NodeGroup general has 1 of at most 1 nodes already"})
	_, err = v.ValidateCreate(t.Context(), newNode(func(n *v1alpha1.VPSieNode) { n.Namespace = "shop" }))
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "namespace shop has no NodeGroup") {
		t.Errorf("ValidateCreate = %v, want that shop has no NodeGroup", err)
	}
}

func TestWithoutCachesNobodyMayBuy(t *testing.T) {
	broken := interceptor.NewClient(build.API(), interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("no cache")
		},
	})
	_, err := vpsienode.Validator{Cached: broken}.ValidateCreate(t.Context(), newNode(as))
	if !apierrors.IsServiceUnavailable(err) {
		t.Errorf("ValidateCreate = %v, want that it is tried again", err)
	}
}

func TestEveryDeletionIsAllowedAndToldWhatItWaitsFor(t *testing.T) {
	var asked []string
	held := func(n int) func(string) []string {
		return func(node string) (pods []string) {
			asked = append(asked, node)
			for i := range n {
				pods = append(pods, fmt.Sprintf("shop/%d: precious", i))
			}
			return pods
		}
	}
	now := metav1.Now()
	cases := map[string]struct {
		held func(string) []string
		node func(*v1alpha1.VPSieNode)
		want []string
	}{
		"nobody knows":      {nil, as, nil},
		"no pod in the way": {held(0), as, nil},
		"a pod in the way":  {held(1), as, []string{"the drain of Node prod-x waits for pods (1):", "shop/0: precious"}},
		"many pods":         {held(9), as, []string{"the drain of Node prod-x waits for pods (9):", "shop/0", "shop/1", "shop/2", "shop/3", "shop/4"}},
		"asked before":      {held(1), func(n *v1alpha1.VPSieNode) { n.DeletionTimestamp = &now }, nil},
		"a Node named anew": {held(1), func(n *v1alpha1.VPSieNode) { n.Status.NodeName = "other" }, []string{"the drain of Node other", "shop/0"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			node := newNode(func(n *v1alpha1.VPSieNode) { n.Name = "prod-x"; c.node(n) })
			warnings, err := vpsienode.Validator{Held: c.held}.ValidateDelete(t.Context(), node)
			if err != nil {
				t.Errorf("refused: %v", err)
			}
			startWith(t, warnings, c.want)
		})
	}
	if !slices.Contains(asked, "other") {
		t.Errorf("asked about %v, want the name of the Node", asked)
	}
}

func TestTakingTheFinalizerOffIsAWarning(t *testing.T) {
	held := newNode(func(n *v1alpha1.VPSieNode) {
		n.Finalizers = []string{v1alpha1.FinalizerVPSieNode}
		n.Status.MachineID = "m-1"
	})
	free := newNode(func(n *v1alpha1.VPSieNode) { n.Name = held.Name })
	for name, c := range map[string]struct {
		before, after *v1alpha1.VPSieNode
		want          []string
	}{
		"taken off":    {held, free, []string{"the finalizer is gone: nobody waits for the end of machine m-1"}},
		"it stays":     {held, held, nil},
		"put on":       {free, held, nil},
		"never was on": {free, free, nil},
	} {
		t.Run(name, func(t *testing.T) {
			warnings, err := vpsienode.Validator{}.ValidateUpdate(t.Context(), c.before, c.after)
			if err != nil {
				t.Errorf("refused: %v", err)
			}
			startWith(t, warnings, c.want)
		})
	}
}
