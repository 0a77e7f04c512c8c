package feed_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/extender/feed"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// says is a change of a Node by a condition.
func says(kind corev1.NodeConditionType, status corev1.ConditionStatus) func(*corev1.Node, *v1alpha1.VPSieNode) {
	return func(n *corev1.Node, _ *v1alpha1.VPSieNode) {
		n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}, {Type: kind, Status: status}}
	}
}

// judged is a change of a VPSieNode by a condition.
func judged(kind string, status metav1.ConditionStatus, reason string) func(*corev1.Node, *v1alpha1.VPSieNode) {
	return func(_ *corev1.Node, vn *v1alpha1.VPSieNode) {
		vn.Status.Conditions = []metav1.Condition{{Type: kind, Status: status, Reason: reason}}
	}
}

// Given a node with a full load of pods, when what can be seen of it changes, then so does its score for a pod that it was not
// bought for, and back.
func TestRisksAreSeen(t *testing.T) {
	const ready, no, yes = v1alpha1.ConditionReady, metav1.ConditionFalse, metav1.ConditionTrue
	cases := map[string]struct {
		change func(*corev1.Node, *v1alpha1.VPSieNode)
		want   int64
	}{
		"it is on demand": {func(n *corev1.Node, _ *v1alpha1.VPSieNode) {
			n.Labels = map[string]string{v1alpha1.LabelCapacityType: "on-demand"}
		}, whenFull},
		"it is a spot node": {func(n *corev1.Node, _ *v1alpha1.VPSieNode) {
			n.Labels = map[string]string{v1alpha1.LabelCapacityType: "spot"}
		}, whenFull - 1},
		"it shuts down":                  {says("GracefulNodeShutdownInProgress", corev1.ConditionTrue), score.Interrupted},
		"it is drained":                  {says("DrainInProgress", corev1.ConditionTrue), score.Interrupted},
		"it has been drained":            {says("Drained", corev1.ConditionTrue), score.Interrupted},
		"its maintenance is planned":     {says("MaintenancePlanned", corev1.ConditionTrue), score.Interrupted},
		"it is maintained":               {says("MaintenanceInProgress", corev1.ConditionTrue), score.Interrupted},
		"its maintenance is over":        {says("MaintenanceInProgress", corev1.ConditionFalse), whenFull},
		"it is under pressure":           {says("MemoryPressure", corev1.ConditionTrue), whenFull},
		"its machine is broken":          {judged(ready, no, v1alpha1.ReasonMachineBroken), score.Interrupted},
		"its machine is missing":         {judged(ready, no, v1alpha1.ReasonMachineMissing), score.Interrupted},
		"it did not get ready in time":   {judged(ready, no, v1alpha1.ReasonReadyTimeout), score.Interrupted},
		"its machine failed":             {func(_ *corev1.Node, vn *v1alpha1.VPSieNode) { vn.Status.Phase = v1alpha1.PhaseFailed }, score.Interrupted},
		"it is not ready yet":            {judged(ready, no, v1alpha1.ReasonNodeAwaited), whenFull},
		"it is not ready for the moment": {judged(ready, no, v1alpha1.ReasonNodeNotReady), whenFull},
		"it is ready":                    {judged(ready, yes, v1alpha1.ReasonNodeReady), whenFull},
		"it is said to be empty, wrongly": {
			judged(v1alpha1.ConditionEmpty, yes, v1alpha1.ReasonNoWorkload), whenFull,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cl := start(t)
				n, vn := node("n"), machine("n", time.Hour, "shop/other")
				cl.nodes.Add(n)
				cl.machines.Add(vn)
				cl.pods.Add(bound("big", "n", "4", "1Gi"))
				cl.wantScore(cart, "n", whenFull)
				changedNode, changedMachine := n.DeepCopy(), vn.DeepCopy()
				c.change(changedNode, changedMachine)
				cl.nodes.Update(n, changedNode)
				cl.machines.Update(vn, changedMachine)
				cl.wantScore(cart, "n", c.want)
				cl.nodes.Update(changedNode, n)
				cl.machines.Update(changedMachine, vn)
				cl.wantScore(cart, "n", whenFull)
			})
		})
	}
}

// Given a node that counts down its removal, then it scores as a candidate, whatever DaemonSets run on it, until a workload pod is
// bound to it: the rebalancer's word may be a moment old.
func TestACandidateIsOneUntilAPodIsBoundToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t)
		vn := machine("n", time.Hour, "shop/other")
		judged(v1alpha1.ConditionEmpty, metav1.ConditionTrue, v1alpha1.ReasonNoWorkload)(nil, vn)
		c.nodes.Add(node("n"))
		c.machines.Add(vn)
		c.wantScore(cart, "n", score.Candidate)

		agent, controller := bound("agent", "n", "100m", "64Mi"), true
		agent.OwnerReferences = []metav1.OwnerReference{{Kind: "DaemonSet", Name: "agent", Controller: &controller}}
		c.pods.Add(agent)
		c.wantScore(cart, "n", score.Candidate)

		weightless := bound("weightless", "n", "0", "0")
		c.pods.Add(weightless)
		c.wantScore(cart, "n", whenEmpty)
		c.pods.Delete(weightless)
		c.wantScore(cart, "n", score.Candidate)

		// The pod that the machine was bought for is on its way at last.
		c.wantScore(score.Pod{Key: "shop/other"}, "n", score.Planned)

		busy := vn.DeepCopy()
		judged(v1alpha1.ConditionEmpty, metav1.ConditionFalse, v1alpha1.ReasonWorkload)(nil, busy)
		c.machines.Update(vn, busy)
		c.wantScore(cart, "n", whenEmpty)
	})
}

// Given the cache's transforms, then what tells the risks of a node and the pods that belong to it survives them.
func TestTheCacheKeepsWhatTellsRisks(t *testing.T) {
	controller := true
	agent := bound("agent", "n", "100m", "64Mi")
	agent.OwnerReferences = []metav1.OwnerReference{{Kind: "DaemonSet", Name: "agent", Controller: &controller}}
	mirror := bound("mirror", "n", "100m", "64Mi")
	mirror.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "hash"}
	owned := bound("owned", "n", "100m", "64Mi")
	plain := owned.DeepCopy()
	owned.OwnerReferences = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "owner", Controller: &controller}}

	risky := node("n")
	risky.Labels = map[string]string{v1alpha1.LabelCapacityType: "spot"}
	risky.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeDrainInProgress, Status: corev1.ConditionTrue}}
	told := risky.DeepCopy()
	told.Labels[corev1.LabelHostname] = "n"
	told.Status.Conditions[0].Message = "long"
	told.Status.Conditions = append(told.Status.Conditions, corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionTrue})

	for kind, options := range feed.CacheByObject() {
		kept := map[any]any{agent: agent, mirror: mirror, owned: plain}
		if _, isNode := kind.(*corev1.Node); isNode {
			kept = map[any]any{told: risky}
		}
		for in, want := range kept {
			got, err := options.Transform(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("kept of %T (-want +got):\n%s", kind, diff)
			}
		}
	}
}
