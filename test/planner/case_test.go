package planner

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// cluster is a hand-made cluster with a hand-made plan. It starts with node n1 in zone a and node n2 in zone b, of 4 cores each, and
// with a group g that may buy the offerings small (zone a, 4 cores) and large (zone b, 8 cores).
type cluster struct {
	s    *plan.Snapshot
	p    *plan.Plan
	byID map[string]*corev1.Pod
}

func newCluster() *cluster {
	s := &plan.Snapshot{
		Nodes: []plan.Node{
			{Name: "n1", Labels: place("n1", "a"), Allocatable: list("cpu", "4", "memory", "16Gi", "pods", "10")},
			{Name: "n2", Labels: place("n2", "b"), Allocatable: list("cpu", "4", "memory", "16Gi", "pods", "10")},
		},
		Groups: []plan.Group{{Key: "default/g", Max: 5, ScaleUp: true, DatacenterID: "dc"}},
		Offerings: []plan.Offering{
			{ID: "small", DatacenterID: "dc", Labels: map[string]string{zoneKey: "a"}, Price: 100,
				Allocatable: list("cpu", "4", "memory", "16Gi", "pods", "10")},
			{ID: "large", DatacenterID: "dc", Labels: map[string]string{zoneKey: "b"}, Price: 180,
				Allocatable: list("cpu", "8", "memory", "32Gi", "pods", "10")},
		},
		Namespaces: map[string]map[string]string{"default": {}, "shop": {"team": "red"}},
	}
	return &cluster{s: s, p: &plan.Plan{}, byID: map[string]*corev1.Pod{}}
}

const (
	zoneKey = corev1.LabelTopologyZone
	hostKey = corev1.LabelHostname
)

func place(name, zone string) map[string]string {
	return map[string]string{hostKey: name, zoneKey: zone}
}

// list reads pairs of a resource name and a quantity.
func list(pairs ...string) corev1.ResourceList {
	l := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		l[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return l
}

func (c *cluster) group() *plan.Group { return &c.s.Groups[0] }

func (c *cluster) offering(id string) *plan.Offering {
	at := slices.IndexFunc(c.s.Offerings, func(o plan.Offering) bool { return o.ID == id })
	return &c.s.Offerings[at]
}

func (c *cluster) node(name string) *plan.Node {
	at := slices.IndexFunc(c.s.Nodes, func(n plan.Node) bool { return n.Name == name })
	return &c.s.Nodes[at]
}

// newPod asks for half a core unless an option says otherwise.
func newPod(name string, options []option) *corev1.Pod {
	pod := &corev1.Pod{}
	pod.Namespace, pod.Name, pod.UID = "default", name, types.UID("uid-"+name)
	pod.Labels = map[string]string{}
	pod.Spec.Containers = []corev1.Container{{Name: "main", Resources: corev1.ResourceRequirements{Requests: list("cpu", "500m")}}}
	for _, o := range options {
		o(pod)
	}
	return pod
}

// wait adds pods that wait.
func (c *cluster) wait(name string, options ...option) {
	c.byID[name] = newPod(name, options)
	c.s.Pods = append(c.s.Pods, c.byID[name])
}

// run adds a pod that runs on a node.
func (c *cluster) run(node, name string, options ...option) {
	pod := newPod(name, options)
	pod.Spec.NodeName = node
	c.node(node).Pods = append(c.node(node).Pods, pod)
}

// daemon adds a DaemonSet.
func (c *cluster) daemon(name string, options ...option) {
	c.s.Daemons = append(c.s.Daemons, newPod(name, options))
}

// place, buy and leave write the plan.
func (c *cluster) place(node string, pods ...string) {
	for _, name := range pods {
		c.p.Placed = append(c.p.Placed, plan.Placement{Pod: c.byID[name], Node: node})
	}
}

func (c *cluster) buy(offering string, pods ...string) { c.buyFor("default/g", offering, pods...) }

func (c *cluster) buyFor(group, offering string, pods ...string) {
	o := c.offering(offering)
	n := plan.NewNode{GroupKey: group, Offering: o, Considered: []plan.Considered{{Offering: o, Verdict: plan.VerdictChosen}}}
	for _, name := range pods {
		n.Pods = append(n.Pods, c.byID[name])
	}
	c.p.NewNodes = append(c.p.NewNodes, n)
	c.p.Price += o.Price
}

func (c *cluster) leave(reason plan.Reason, pods ...string) {
	for _, name := range pods {
		c.p.Left = append(c.p.Left, plan.Unplaced{Pod: c.byID[name], Reason: reason, Message: "a message"})
	}
}

// bound sets a bound and the gap that goes with it; all nodes must be bought for pods.
func (c *cluster) bound(price money.PerHour) {
	c.p.LowerBound, c.p.Gap = price, float64(c.p.Price-price)/float64(price)
}

// judgement is one rule with a plan that keeps it and one that breaks it and nothing else.
type judgement struct {
	given, good, bad func(*cluster)
	// want is part of the error about the bad plan.
	want string
}

// judge runs a table of rules.
func judge(t *testing.T, rules map[string]judgement, verify func(*plan.Snapshot, *plan.Plan) []error) {
	t.Helper()
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			good, bad := newCluster(), newCluster()
			for _, c := range []*cluster{good, bad} {
				if rule.given != nil {
					rule.given(c)
				}
			}
			rule.good(good)
			for _, err := range verify(good.s, good.p) {
				t.Errorf("the good plan: %v", err)
			}
			rule.bad(bad)
			errs := verify(bad.s, bad.p)
			if !slices.ContainsFunc(errs, func(err error) bool { return contains(err, rule.want) }) {
				t.Errorf("the bad plan: got %v, want an error with %q", errs, rule.want)
			}
		})
	}
}
