package node_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/webhook/node"
)

// ours is a Node of the autoscaler, ready and in use, with its VPSieNode.
func ours() *build.NodeBuilder {
	return build.Node("n").In("gold").Label(v1alpha1.LabelVPSieNode, "n").Ready()
}

func workloads(names ...string) (pods []*corev1.Pod) {
	for _, name := range names {
		pods = append(pods, build.Pod(name).On("n").OwnedBy("ReplicaSet", "web").Phase(corev1.PodRunning).Obj())
	}
	return pods
}

// bystanders are pods that may stay until the Node has gone.
func bystanders() []*corev1.Pod {
	return []*corev1.Pod{
		build.Pod("proxy").On("n").OwnedBy("DaemonSet", "proxy").Obj(), build.Pod("static").On("n").Mirror().Obj(),
		build.Pod("done").On("n").Phase(corev1.PodSucceeded).Obj(), build.Pod("failed").On("n").Phase(corev1.PodFailed).Obj(),
	}
}

func deleted(object *v1alpha1.VPSieNode) *v1alpha1.VPSieNode {
	now := metav1.Now()
	object.DeletionTimestamp = &now
	return object
}

// expectation of a verdict. Texts are parts of the refusal's message, or of the only warning where nothing is refused.
type expectation struct {
	refused, overruled node.Reason
	texts              []string
}

func (want expectation) check(t *testing.T, got node.Verdict) {
	t.Helper()
	var refused, overruled node.Reason
	message := strings.Join(got.Warnings, "\n")
	if got.Refusal != nil {
		refused, message = got.Refusal.Reason, got.Refusal.Message
	}
	if got.Overruled != nil {
		overruled, message = got.Overruled.Reason, got.Overruled.Message
	}
	if refused != want.refused || overruled != want.overruled {
		t.Fatalf("refused %q, overruled %q, want %q and %q", refused, overruled, want.refused, want.overruled)
	}
	for _, text := range want.texts {
		if !strings.Contains(message, text) {
			t.Errorf("it says %q, want %q in it", message, text)
		}
	}
	if len(want.texts) == 0 && message != "" {
		t.Errorf("it says %q, want nothing", message)
	}
}

func TestWhichNodesMayBeDeleted(t *testing.T) {
	vpsieNode := build.VPSieNode("n", "gold").Obj()
	terminating := build.Pod("late").On("n").Terminating(time.Now()).Obj()
	started := func(b *build.NodeBuilder) *build.NodeBuilder {
		return b.Annotation(v1alpha1.AnnotationScaleDownStarted, "2026-01-01T00:00:00Z")
	}
	notReady := ours().NotReady().Obj()
	unknown := ours().Obj()
	unknown.Status.Conditions[0].Status = corev1.ConditionUnknown
	leaving := ours().Obj()
	leaving.DeletionTimestamp, leaving.Finalizers = &metav1.Time{Time: time.Now()}, []string{"example.com/hold"}
	stays := []string{"the machine of Node n goes on: kubectl delete vpsienode -n " + build.Namespace + " n removes it too"}
	lost := []string{"Node n is not ready: its pods go without their PodDisruptionBudgets being asked: pod " + build.Namespace + "/a"}
	cases := map[string]struct {
		situation node.Situation
		want      expectation
	}{
		"workloads are left": {
			node.Situation{Node: ours().Obj(), Pods: append(bystanders(), workloads("c", "a", "e", "b", "d")...), VPSieNode: vpsieNode},
			expectation{refused: node.WorkloadsLeft, texts: []string{
				"Node n still runs pods " + build.Namespace + "/a, " + build.Namespace + "/b, " + build.Namespace + "/c and 2 more",
				"run kubectl delete vpsienode -n " + build.Namespace + " n, which drains", "or kubectl drain --ignore-daemonsets n first",
			}},
		},
		"a workload of a cordoned Node is left": {
			node.Situation{Node: ours().Cordoned().Obj(), Pods: workloads("a"), VPSieNode: vpsieNode},
			expectation{refused: node.WorkloadsLeft, texts: []string{"still runs pod " + build.Namespace + "/a: "}},
		},
		"a pod has not ended yet": {
			node.Situation{Node: ours().Cordoned().Obj(), Pods: []*corev1.Pod{terminating}, VPSieNode: vpsieNode},
			expectation{refused: node.WorkloadsLeft, texts: []string{"/late"}},
		},
		"the drain goes on": {
			node.Situation{Node: started(ours().Cordoned()).Obj(), Pods: workloads("a"), VPSieNode: deleted(build.VPSieNode("n", "gold").Obj())},
			expectation{refused: node.WorkloadsLeft, texts: []string{"VPSieNode " + build.Namespace + "/n is being deleted, drains the Node and then deletes it: wait for that"}},
		},
		"workloads are left and there is no VPSieNode": {
			node.Situation{Node: ours().Obj(), Pods: workloads("a")},
			expectation{refused: node.WorkloadsLeft, texts: []string{"run kubectl drain --ignore-daemonsets n first"}},
		},
		"empty and in use": {
			node.Situation{Node: ours().Obj(), Pods: bystanders(), VPSieNode: vpsieNode},
			expectation{refused: node.NotDrained, texts: []string{"Node n is not drained: a pod may be bound to it at any moment", "kubectl delete vpsienode"}},
		},
		"empty, in use, and there is no VPSieNode": {
			node.Situation{Node: ours().Obj()}, expectation{refused: node.NotDrained, texts: []string{"run kubectl drain"}},
		},
		"drained by hand":              {node.Situation{Node: ours().Cordoned().Obj(), Pods: bystanders(), VPSieNode: vpsieNode}, expectation{texts: stays}},
		"drained by hand, an orphan":   {node.Situation{Node: ours().Cordoned().Obj(), Pods: bystanders()}, expectation{}},
		"a removal is on record":       {node.Situation{Node: started(ours()).Obj(), VPSieNode: vpsieNode}, expectation{texts: stays}},
		"its VPSieNode is deleted":     {node.Situation{Node: ours().Obj(), VPSieNode: deleted(build.VPSieNode("n", "gold").Obj())}, expectation{}},
		"it is being deleted already":  {node.Situation{Node: leaving, Pods: workloads("a"), VPSieNode: vpsieNode}, expectation{}},
		"not ready":                    {node.Situation{Node: notReady, Pods: workloads("a"), VPSieNode: vpsieNode}, expectation{texts: lost}},
		"unreachable":                  {node.Situation{Node: unknown, Pods: workloads("a"), VPSieNode: vpsieNode}, expectation{texts: lost}},
		"never ready":                  {node.Situation{Node: build.Node("n").In("gold").Obj(), Pods: workloads("a")}, expectation{texts: lost}},
		"not ready and empty":          {node.Situation{Node: unknown, Pods: bystanders(), VPSieNode: vpsieNode}, expectation{}},
		"asked by whom we trust":       {node.Situation{Node: ours().Obj(), Pods: workloads("a"), VPSieNode: vpsieNode, Trusted: true}, expectation{}},
		"somebody else's":              {node.Situation{Node: build.Node("n").Ready().Obj(), Pods: workloads("a")}, expectation{}},
		"of a group, yet not managed":  {node.Situation{Node: build.Node("n").Ready().Label(v1alpha1.LabelNodeGroup, "gold").Label(v1alpha1.LabelManaged, "false").Obj(), Pods: workloads("a")}, expectation{}},
		"overridden":                   {node.Situation{Node: ours().Obj(), Pods: workloads("a"), Override: "fire"}, expectation{overruled: node.WorkloadsLeft, texts: []string{"/a"}}},
		"overridden without a reason":  {node.Situation{Node: ours().Obj(), Override: " "}, expectation{refused: node.NotDrained, texts: []string{"n"}}},
		"overridden without necessity": {node.Situation{Node: ours().Cordoned().Obj(), Override: "fire"}, expectation{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { c.want.check(t, node.DecideDeletion(&c.situation)) })
	}
}

func TestWhichTaintsMayBeAdded(t *testing.T) {
	fire := []corev1.Taint{{Key: "fire", Value: "yes", Effect: corev1.TaintEffectNoExecute}}
	tolerating := func(pod *corev1.Pod, toleration corev1.Toleration) []*corev1.Pod {
		pod = pod.DeepCopy()
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, toleration)
		return []*corev1.Pod{pod}
	}
	minute := int64(60)
	exists := corev1.TolerationOpExists
	refused := expectation{refused: node.NoExecuteTaint, texts: []string{
		"taint fire=yes:NoExecute deletes pod " + build.Namespace + "/a on Node n at once", "use the effect NoSchedule and kubectl drain",
		"annotation autoscaler.vpsie.com/eviction-override of the Node",
	}}
	unready := ours().Obj()
	unready.Status.Conditions[0].Status = corev1.ConditionUnknown
	web := workloads("a")[0]
	cases := map[string]struct {
		situation node.Situation
		want      expectation
	}{
		"a pod does not tolerate it":    {node.Situation{Node: ours().Obj(), Pods: workloads("a")}, refused},
		"a pod tolerates another value": {node.Situation{Node: ours().Obj(), Pods: tolerating(web, corev1.Toleration{Key: "fire", Value: "no"})}, refused},
		"a drained Node":                {node.Situation{Node: ours().Cordoned().Obj()}, expectation{}},
		"a pod tolerates it":            {node.Situation{Node: ours().Obj(), Pods: tolerating(web, corev1.Toleration{Key: "fire", Operator: exists})}, expectation{}},
		"a pod tolerates it for a while": {node.Situation{Node: ours().Obj(),
			Pods: tolerating(web, corev1.Toleration{Key: "fire", Operator: exists, TolerationSeconds: &minute, Effect: corev1.TaintEffectNoExecute})}, expectation{}},
		"only pods of the Node": {node.Situation{Node: ours().Obj(), Pods: bystanders()},
			expectation{texts: []string{"taint fire=yes:NoExecute also deletes pods of the Node itself: pods " + build.Namespace + "/proxy, " + build.Namespace + "/static"}}},
		"unreachable":             {node.Situation{Node: unready, Pods: workloads("a")}, expectation{texts: []string{"Node n is not ready"}}},
		"added by whom we trust":  {node.Situation{Node: ours().Obj(), Pods: workloads("a"), Trusted: true}, expectation{}},
		"on somebody else's Node": {node.Situation{Node: build.Node("n").Ready().Obj(), Pods: workloads("a")}, expectation{}},
		"overridden":              {node.Situation{Node: ours().Obj(), Pods: workloads("a"), Override: "fire"}, expectation{overruled: node.NoExecuteTaint, texts: []string{"/a"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.situation.Added = fire
			c.want.check(t, node.DecideTaints(&c.situation))
		})
	}
}
