package node_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/webhook/node"
)

func TestANodeIsDeletedWhenItIsDrained(t *testing.T) {
	s := newSite(t)
	ann := as(t, s.cluster, "ann")
	remove := func(options metav1.DeleteOptions) error {
		return ann.CoreV1().Nodes().Delete(t.Context(), "n", options)
	}

	err := remove(metav1.DeleteOptions{})
	wantForbidden(t, "empty and in use", err, `admission webhook "node-deletions.autoscaler.vpsie.com" denied the request: NotDrained: Node n is not drained`)
	wantCause(t, err, node.NotDrained)

	s.runs("web", "n")
	for what, options := range map[string]metav1.DeleteOptions{"in earnest": {}, "as a rehearsal": rehearsal} {
		err = remove(options)
		wantForbidden(t, what, err, "WorkloadsLeft: Node n still runs pod "+s.namespace+"/web", "run kubectl drain --ignore-daemonsets n first")
		wantCause(t, err, node.WorkloadsLeft)
	}

	_, err = ann.CoreV1().Nodes().Patch(t.Context(), "n", types.MergePatchType, []byte(`{"spec":{"unschedulable":true}}`), metav1.PatchOptions{})
	must(t, "cordon", err)
	wantForbidden(t, "cordoned and in use", remove(metav1.DeleteOptions{}), "WorkloadsLeft")
	s.ends("web")
	must(t, "drained", remove(metav1.DeleteOptions{}))
	if got := ann.warnings(); len(got) != 0 {
		t.Errorf("told %q", got)
	}
}

func TestALostNodeIsDeletedWithAWarning(t *testing.T) {
	s := newSite(t)
	s.joins(build.Node("lost").In("gold").NotReady().Obj())
	s.runs("web", "lost")
	ann := as(t, s.cluster, "ann")
	must(t, "delete a lost Node", ann.CoreV1().Nodes().Delete(t.Context(), "lost", rehearsal))
	want := "Node lost is not ready: its pods go without their PodDisruptionBudgets being asked: pod " + s.namespace + "/web"
	if got := ann.warnings(); !slices.Equal(got, []string{want}) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestAnOverrideLetsANodeGo(t *testing.T) {
	s := newSite(t)
	s.joins(build.Node("burning").In("gold").Ready().Annotation("autoscaler.vpsie.com/eviction-override", "fire").Obj())
	s.runs("web", "burning")
	ann := as(t, s.cluster, "ann")
	must(t, "delete a Node with an override", ann.CoreV1().Nodes().Delete(t.Context(), "burning", rehearsal))
	want := `autoscaler.vpsie.com/eviction-override on Node burning ("fire") sets aside: WorkloadsLeft: Node burning still runs`
	if got := ann.warnings(); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestNoExecuteTaintsWaitUntilNoPodWouldBeLost(t *testing.T) {
	s := newSite(t)
	ann := as(t, s.cluster, "ann")
	taint := func(p *person, value string, effect corev1.TaintEffect, dryRun ...string) error {
		_, err := p.CoreV1().Nodes().Patch(t.Context(), "n", types.MergePatchType, []byte(withTaint(value, effect)), metav1.PatchOptions{DryRun: dryRun})
		return err
	}
	s.runs("web", "n")
	err := taint(ann, "yes", corev1.TaintEffectNoExecute)
	wantForbidden(t, "in earnest", err, `admission webhook "nodes.autoscaler.vpsie.com" denied the request: NoExecuteTaint: taint fire=yes:NoExecute deletes pod `+s.namespace+"/web on Node n at once")
	wantCause(t, err, node.NoExecuteTaint)
	wantForbidden(t, "as a rehearsal", taint(ann, "yes", corev1.TaintEffectNoExecute, metav1.DryRunAll), "NoExecuteTaint")
	must(t, "another effect", taint(ann, "yes", corev1.TaintEffectNoSchedule))
	for _, who := range []*person{
		as(t, s.cluster, autoscaler, "system:serviceaccounts:vpsie-system"), as(t, s.cluster, "system:serviceaccount:kube-system:node-controller"),
	} {
		must(t, "by whom we trust", taint(who, "yes", corev1.TaintEffectNoExecute, metav1.DryRunAll))
	}
	s.ends("web")
	must(t, "when the Node is empty", taint(ann, "yes", corev1.TaintEffectNoExecute))
}

func TestTheWebhookIsNotAskedAboutAnythingElse(t *testing.T) {
	s := newSite(t)
	s.joins(build.Node("foreign").Ready().Obj())
	s.joins(build.Node("tainted").In("gold").Ready().Taint("fire", "yes", corev1.TaintEffectNoExecute).Obj())
	before := s.count("")
	ann, kubelet := as(t, s.cluster, "ann"), as(t, s.cluster, "system:node:n", "system:nodes")
	patch := func(p *person, name, body string, subresources ...string) {
		t.Helper()
		_, err := p.CoreV1().Nodes().Patch(t.Context(), name, types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{}, subresources...)
		must(t, "patch Node "+name+" with "+body, err)
	}
	patch(ann, "n", `{"metadata":{"labels":{"a":"b"}},"spec":{"unschedulable":true}}`)
	patch(ann, "n", withTaint("yes", corev1.TaintEffectNoSchedule))
	patch(kubelet, "n", `{"metadata":{"annotations":{"a":"b"}}}`)
	patch(kubelet, "n", `{"status":{"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}}`, "status")
	patch(ann, "tainted", `{"metadata":{"labels":{"a":"b"}}}`)
	patch(ann, "foreign", withTaint("yes", corev1.TaintEffectNoExecute))
	must(t, "delete a foreign Node", ann.CoreV1().Nodes().Delete(t.Context(), "foreign", metav1.DeleteOptions{}))
	for _, user := range []string{
		"system:kube-controller-manager", "system:cloud-controller-manager", "system:serviceaccount:kube-system:node-controller",
		"system:serviceaccount:kube-system:cloud-node-controller", "system:serviceaccount:kube-system:cloud-node-lifecycle-controller",
		"system:serviceaccount:kube-system:cloud-controller-manager",
	} {
		must(t, "delete by "+user, as(t, s.cluster, user).CoreV1().Nodes().Delete(t.Context(), "tainted", rehearsal))
	}
	trusted := as(t, s.cluster, autoscaler, "system:serviceaccounts:vpsie-system")
	must(t, "delete by the autoscaler", trusted.CoreV1().Nodes().Delete(t.Context(), "tainted", metav1.DeleteOptions{}))
	if s.count("") != before {
		t.Errorf("asked %q", s.asked[before:])
	}
}
