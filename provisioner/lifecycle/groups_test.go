package lifecycle_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// Given two groups that grow at the same time, and Nodes that are nobody's, then every VPSieNode has its own machine and Node, and the
// others are not touched.
func TestMachinesOfTwoGroupsAreNotMixedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		byHand, controlPlane := build.Node("prod-by-hand").Ready().Obj(), build.Node("control-plane").Ready().Label("node-role.kubernetes.io/control-plane", "").Obj()
		c := newCycle(t, fake.Options{}, build.NodeGroup("web").Desired(3).Obj(), build.NodeGroup("db").Desired(2).Label("tier", "data").Obj(), byHand, controlPlane)
		c.start()
		c.runUntil("all are ready", func() bool { return c.settled(5) })
		hostnames := map[string]string{}
		for _, machine := range c.machines() {
			hostnames[machine.ID] = machine.Hostname
		}
		for _, object := range c.objects() {
			if hostnames[object.Status.MachineID] != object.Name {
				t.Errorf("%s has machine %s of %s", object.Name, object.Status.MachineID, hostnames[object.Status.MachineID])
			}
			node := c.node(object.Name)
			if node.Labels[v1alpha1.LabelNodeGroup] != object.Spec.NodeGroupName || (node.Labels["tier"] == "data") != (object.Spec.NodeGroupName == "db") {
				t.Errorf("Node %s of group %s has labels %v", object.Name, object.Spec.NodeGroupName, node.Labels)
			}
			delete(hostnames, object.Status.MachineID)
		}
		if len(hostnames) != 0 {
			t.Errorf("machines of nobody: %v", slices.Collect(maps.Values(hostnames)))
		}
		for _, before := range []*corev1.Node{byHand, controlPlane} {
			if diff := cmp.Diff(before.ObjectMeta.Labels, c.node(before.Name).Labels); diff != "" {
				t.Errorf("labels of %s (-before +after):\n%s", before.Name, diff)
			}
		}
		c.stop()
	})
}

func TestDeletedGroupEndsItsNodesAndBuysNoMore(t *testing.T) {
	standingGroup(t, 3, func(t *testing.T, c *cycle, names []string) {
		c.cloud.RemoveMachine(names[0]) // one that would be replaced
		c.report(names[0], corev1.ConditionUnknown)
		if err := c.api.Delete(t.Context(), build.NodeGroup("web").Obj()); err != nil {
			t.Fatal(err)
		}
		c.onTurn = func() {
			if left := len(c.objects()); left > 0 && c.group() == "gone" {
				t.Errorf("the group is gone before %d of its nodes", left)
			}
		}
		took := c.runUntil("the group is gone", func() bool { return c.group() == "gone" })
		c.runFor(5 * time.Minute)
		if len(c.objects()) != 0 || len(c.machines()) != 0 || len(c.cloud.Calls(fake.OpCreate)) != 0 {
			t.Errorf("after %v: nodes %v, machines %v, %d create calls", took, c.states(), c.machines(), len(c.cloud.Calls(fake.OpCreate)))
		}
		for _, name := range names {
			if c.node(name).Name != "" {
				t.Errorf("Node %s is left", name)
			}
		}
	})
}

// node is the Node of a name; without a name when there is none.
func (c *cycle) node(name string) *corev1.Node {
	var node corev1.Node
	_ = c.api.Get(context.Background(), client.ObjectKey{Name: name}, &node)
	return &node
}
