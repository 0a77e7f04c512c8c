package plan_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// TestNeeds puts one pod before one node and before one offering with the same labels and taints: both must decide alike.
func TestNeeds(t *testing.T) {
	ssd := map[string]string{"disk": "ssd", "cores": "8"}
	dedicated := corev1.Taint{Key: "dedicated", Value: "db", Effect: corev1.TaintEffectNoSchedule}
	sized := corev1.Taint{Key: "size", Value: "5", Effect: corev1.TaintEffectNoSchedule}
	withEffect := func(effect corev1.TaintEffect) []corev1.Taint {
		return []corev1.Taint{{Key: "dedicated", Value: "db", Effect: effect}}
	}
	tests := []struct {
		name   string
		labels map[string]string
		taints []corev1.Taint
		option podOption
		want   bool
	}{
		{name: "selector that the labels satisfy", labels: ssd, option: selecting("disk", "ssd"), want: true},
		{name: "selector with another value", labels: ssd, option: selecting("disk", "hdd")},
		{name: "selector for a label that is missing", option: selecting("disk", "ssd")},

		{name: "In with the value", labels: ssd, option: requiring(label("disk", corev1.NodeSelectorOpIn, "hdd", "ssd")), want: true},
		{name: "In without the value", labels: ssd, option: requiring(label("disk", corev1.NodeSelectorOpIn, "hdd"))},
		{name: "NotIn with the value", labels: ssd, option: requiring(label("disk", corev1.NodeSelectorOpNotIn, "ssd"))},
		{name: "NotIn of a missing label", option: requiring(label("disk", corev1.NodeSelectorOpNotIn, "ssd")), want: true},
		{name: "Exists", labels: ssd, option: requiring(label("disk", corev1.NodeSelectorOpExists)), want: true},
		{name: "Exists of a missing label", option: requiring(label("disk", corev1.NodeSelectorOpExists))},
		{name: "DoesNotExist", option: requiring(label("disk", corev1.NodeSelectorOpDoesNotExist)), want: true},
		{name: "DoesNotExist of a label", labels: ssd, option: requiring(label("disk", corev1.NodeSelectorOpDoesNotExist))},
		{name: "Gt below the label", labels: ssd, option: requiring(label("cores", corev1.NodeSelectorOpGt, "4")), want: true},
		{name: "Gt equal to the label", labels: ssd, option: requiring(label("cores", corev1.NodeSelectorOpGt, "8"))},
		{name: "Lt above the label", labels: ssd, option: requiring(label("cores", corev1.NodeSelectorOpLt, "16")), want: true},
		{name: "Lt of a label that is no number", labels: ssd, option: requiring(label("disk", corev1.NodeSelectorOpLt, "16"))},
		{name: "the second of two terms", labels: ssd, want: true,
			option: requiring(label("disk", corev1.NodeSelectorOpIn, "hdd"), label("cores", corev1.NodeSelectorOpIn, "8"))},
		{name: "required affinity without terms", labels: ssd, option: requiring()},
		{name: "a term that cannot be parsed", labels: ssd, option: requiring(label("disk", "Like", "ssd"))},
		{name: "any name but one", option: requiring(field("metadata.name", corev1.NodeSelectorOpNotIn, "other")), want: true},
		{name: "the name of another node", option: requiring(field("metadata.name", corev1.NodeSelectorOpIn, "other"))},

		{name: "taint that is not tolerated", taints: []corev1.Taint{dedicated}},
		{name: "NoExecute taint that is not tolerated", taints: withEffect(corev1.TaintEffectNoExecute)},
		{name: "PreferNoSchedule taint", taints: withEffect(corev1.TaintEffectPreferNoSchedule), want: true},
		{name: "equal toleration", taints: []corev1.Taint{dedicated}, want: true,
			option: tolerating(corev1.Toleration{Key: "dedicated", Operator: corev1.TolerationOpEqual, Value: "db", Effect: corev1.TaintEffectNoSchedule})},
		{name: "equal toleration of another value", taints: []corev1.Taint{dedicated},
			option: tolerating(corev1.Toleration{Key: "dedicated", Operator: corev1.TolerationOpEqual, Value: "web"})},
		{name: "toleration of another effect", taints: []corev1.Taint{dedicated},
			option: tolerating(corev1.Toleration{Key: "dedicated", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute})},
		{name: "toleration of everything", taints: []corev1.Taint{dedicated, sized}, want: true,
			option: tolerating(corev1.Toleration{Operator: corev1.TolerationOpExists})},
		{name: "one of two taints tolerated", taints: []corev1.Taint{dedicated, sized},
			option: tolerating(corev1.Toleration{Key: "size", Operator: corev1.TolerationOpExists})},
		{name: "Gt toleration below the taint", taints: []corev1.Taint{sized}, want: true,
			option: tolerating(corev1.Toleration{Key: "size", Operator: corev1.TolerationOpGt, Value: "4"})},
		{name: "Lt toleration below the taint", taints: []corev1.Taint{sized},
			option: tolerating(corev1.Toleration{Key: "size", Operator: corev1.TolerationOpLt, Value: "4"})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			waiting := pod("p", resources("cpu", "1"))
			if tt.option != nil {
				tt.option(waiting)
			}
			existing := plan.Make(&plan.Snapshot{Pods: []*corev1.Pod{waiting},
				Nodes: []plan.Node{node("n", func(n *plan.Node) { n.Labels, n.Taints = tt.labels, tt.taints })}})
			if got := len(existing.Placed) == 1; got != tt.want {
				t.Errorf("placed on the node: got %v, want %v", got, tt.want)
			}
			offer := offering("o", "4", "16Gi", cents(1))
			offer.Labels = tt.labels
			buying := plan.Make(&plan.Snapshot{Pods: []*corev1.Pod{waiting}, Offerings: []plan.Offering{offer},
				Groups: []plan.Group{group("g", func(g *plan.Group) { g.Taints = tt.taints })}})
			if got := len(buying.NewNodes) == 1; got != tt.want {
				t.Errorf("node bought: got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNeedsOfNamedNode(t *testing.T) {
	byName := pod("p", resources("cpu", "1"), requiring(field("metadata.name", corev1.NodeSelectorOpIn, "n2")))
	byHostname := pod("p", resources("cpu", "1"), selecting(corev1.LabelHostname, "n2"))
	anyHostname := pod("p", resources("cpu", "1"), requiring(label(corev1.LabelHostname, corev1.NodeSelectorOpExists)))
	market := plan.Snapshot{Offerings: []plan.Offering{offering("o", "4", "16Gi", cents(1))}, Groups: []plan.Group{group("g", nil)}}

	t.Run("a pod for a node by name goes there", func(t *testing.T) {
		s := market
		s.Pods, s.Nodes = []*corev1.Pod{byName}, []plan.Node{node("n1", nil), node("n2", nil)}
		if got := placement(plan.Make(&s))["p"]; got != "n2" {
			t.Errorf("node: got %q, want n2", got)
		}
	})
	for name, waiting := range map[string]*corev1.Pod{"name": byName, "host name label": byHostname} {
		t.Run("a pod for a node by "+name+" buys nothing", func(t *testing.T) {
			s := market
			s.Pods = []*corev1.Pod{waiting}
			if got := onlyLeft(t, plan.Make(&s)).Reason; got != plan.ReasonNoMatchingGroup {
				t.Errorf("reason: got %s, want %s", got, plan.ReasonNoMatchingGroup)
			}
		})
	}
	t.Run("every new node has some host name", func(t *testing.T) {
		s := market
		s.Pods = []*corev1.Pod{anyHostname}
		if got := len(plan.Make(&s).NewNodes); got != 1 {
			t.Errorf("nodes bought: got %d, want 1", got)
		}
	})
}

func TestCordonedNode(t *testing.T) {
	cordoned := node("n", func(n *plan.Node) { n.Unschedulable = true })
	toleration := corev1.Toleration{Key: corev1.TaintNodeUnschedulable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}
	got := plan.Make(&plan.Snapshot{Nodes: []plan.Node{cordoned},
		Pods: []*corev1.Pod{pod("plain", resources("cpu", "1")), pod("tolerant", resources("cpu", "1"), tolerating(toleration))}})
	if nodes := placement(got); nodes["tolerant"] != "n" || nodes["plain"] != "" {
		t.Errorf("placed: got %v, want only the pod that tolerates %s", nodes, corev1.TaintNodeUnschedulable)
	}
}
