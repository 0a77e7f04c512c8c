package pod_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// oneOf picks an element.
func oneOf[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func randomTerm(random *rand.Rand, keys, values []string) corev1.NodeSelectorTerm {
	var term corev1.NodeSelectorTerm
	for range 1 + random.IntN(4) {
		e := corev1.NodeSelectorRequirement{
			Key: oneOf(random, keys...), Operator: corev1.NodeSelectorOperator(oneOf(random, "In", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")),
		}
		switch e.Operator {
		case "In", "NotIn":
			for range 1 + random.IntN(3) {
				e.Values = append(e.Values, oneOf(random, values...))
			}
		case "Gt", "Lt":
			e.Values = []string{strconv.Itoa(random.IntN(5))}
		}
		term.MatchExpressions = append(term.MatchExpressions, e)
	}
	return term
}

// matchable tries every node with two labels, of values that are all the requirements can tell apart.
func matchable(t *testing.T, p *corev1.Pod) bool {
	t.Helper()
	required := nodeaffinity.GetRequiredNodeAffinity(p)
	values := []string{"absent", "-1", "0", "1", "2", "3", "4", "5", "x", "y"}
	for _, a := range values {
		for _, b := range values {
			node := &corev1.Node{}
			node.Labels = map[string]string{"a": a, "b": b}
			for key, value := range node.Labels {
				if value == "absent" {
					delete(node.Labels, key)
				}
			}
			ok, err := required.Match(node)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				return true
			}
		}
	}
	return false
}

func TestAContradictionIsFoundJustWhenNoNodeCanMatch(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	found := 0
	for range 1500 {
		p := sound()
		var terms []corev1.NodeSelectorTerm
		for range 1 + random.IntN(2) {
			terms = append(terms, randomTerm(random, []string{"a", "b"}, []string{"1", "2", "3", "x"}))
		}
		alternatives(p, terms...)
		if random.IntN(2) == 0 {
			p.Spec.NodeSelector = map[string]string{oneOf(random, "a", "b"): oneOf(random, "1", "2", "x")}
		}
		findings := pod.Examine(p, nil)
		if got, want := len(findings) > 0, !matchable(t, p); got != want {
			t.Fatalf("seed %d: contradiction found: %t, want %t, %v in\n%s", seed, got, want, findings, mustJSON(t, p.Spec))
		}
		found += len(findings)
	}
	if found < 150 {
		t.Errorf("seed %d: only %d contradictions were tried", seed, found)
	}
}

// randomStock has few labels and sizes, so that pods meet them.
func randomStock(random *rand.Rand, nodes int) *pod.Stock {
	stock := &pod.Stock{}
	for i := range 1 + random.IntN(6) {
		stock.Offerings = append(stock.Offerings, offering(fmt.Sprint("size-", i), oneOf(random, "amsterdam", "helsinki"),
			oneOf(random, "1", "2", "4"), oneOf(random, "2Gi", "8Gi", "16Gi")))
	}
	for i := range random.IntN(4) {
		group := build.NodeGroup(fmt.Sprint("group-", i)).Datacenter(oneOf(random, "amsterdam", "helsinki")).Label("a", oneOf(random, "1", "2"))
		if random.IntN(2) == 0 {
			group.Taint("t", oneOf(random, "1", "2"), corev1.TaintEffectNoSchedule)
		}
		if random.IntN(2) == 0 {
			group.Offerings(stock.Offerings[random.IntN(len(stock.Offerings))].ID, "size-0")
		}
		if random.IntN(8) == 0 {
			group.Label(corev1.LabelInstanceTypeStable, "size-1")
		}
		stock.Groups = append(stock.Groups, *group.Obj())
	}
	if random.IntN(2) == 0 {
		daemon := build.Pod("daemon").Requests("500m", "1Gi").Obj()
		if random.IntN(2) == 0 {
			wants(daemon, corev1.LabelInstanceTypeStable, "NotIn", "size-0")
		}
		stock.Daemons = append(stock.Daemons, daemon)
	}
	for i := range nodes {
		node := build.Node(fmt.Sprint("node-", i)).Label("a", oneOf(random, "1", "3")).Label("n", fmt.Sprint(i)).
			Label(corev1.LabelInstanceTypeStable, oneOf(random, "size-0", "own")).Allocatable(oneOf(random, "1", "8"), oneOf(random, "1Gi", "32Gi"))
		if random.IntN(2) == 0 {
			node.Taint("t", oneOf(random, "1", "3"), corev1.TaintEffectNoExecute)
		}
		stock.Nodes = append(stock.Nodes, *node.Obj())
	}
	return stock
}

func randomAsker(random *rand.Rand) *corev1.Pod {
	p := build.Pod("p").Requests(oneOf(random, "500m", "1", "3", "6"), oneOf(random, "1Gi", "6Gi", "12Gi", "20Gi")).Obj()
	keys := []string{"a", "n", corev1.LabelInstanceTypeStable, v1alpha1.LabelOffering, corev1.LabelTopologyZone, corev1.LabelHostname}
	values := []string{"1", "2", "3", "size-0", "size-1", "amsterdam", "node-1", "own"}
	if random.IntN(3) == 0 {
		p.Spec.NodeSelector = map[string]string{oneOf(random, keys...): oneOf(random, values...)}
	}
	if random.IntN(2) == 0 {
		alternatives(p, randomTerm(random, keys, values))
		if random.IntN(3) == 0 {
			alternatives(p, randomTerm(random, keys, values), randomTerm(random, keys, values))
		}
	}
	if random.IntN(2) == 0 {
		p.Spec.Tolerations = []corev1.Toleration{{Key: "t", Value: oneOf(random, "1", "2", "3")}}
	}
	return p
}

// inFull asks the planner with everything that there is, none of it left out or merged.
func inFull(stock *pod.Stock, p *corev1.Pod) []plan.Unplaced {
	snapshot := &plan.Snapshot{Pods: []*corev1.Pod{p}, Daemons: stock.Daemons, Offerings: stock.Offerings}
	for i := range stock.Nodes {
		node := &stock.Nodes[i]
		snapshot.Nodes = append(snapshot.Nodes, plan.Node{Name: node.Name, Labels: node.Labels, Taints: node.Spec.Taints, Allocatable: node.Status.Allocatable})
	}
	for i := range stock.Groups {
		group := &stock.Groups[i]
		labels := map[string]string{v1alpha1.LabelNodeGroup: group.Name}
		for key, value := range group.Spec.Labels {
			labels[key] = value
		}
		snapshot.Groups = append(snapshot.Groups, plan.Group{
			Key: group.Namespace + "/" + group.Name, Max: 1, ScaleUp: true, DatacenterID: group.Spec.DatacenterID,
			OfferingIDs: group.Spec.OfferingIDs, Labels: labels, Taints: group.Spec.Taints,
		})
	}
	return plan.Make(snapshot).Left
}

func TestWhatIsSaidOfAPodIsWhatThePlannerSaysOfTheWholeCluster(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	left := 0
	for round := range 200 {
		// With many nodes, their labels n and hostname tell nodes apart rather than sorting them.
		nodes := oneOf(random, 0, 0, 3, 80)
		stock := randomStock(random, nodes)
		supply := pod.NewSupply(stock)
		for range 10 {
			p := randomAsker(random)
			found, planned := pod.Examine(p, supply), inFull(stock, p)
			left += len(planned)
			if len(planned) == 0 && len(found) > 0 {
				t.Fatalf("seed %d, round %d: the planner has a place, but %v for\n%s", seed, round, found, mustJSON(t, p.Spec))
			}
			// Nodes that are alike count as one with the most of everything, so the pod may seem to fit although it does not.
			if len(planned) > 0 && len(found) == 0 && nodes == 0 {
				t.Fatalf("seed %d, round %d: nothing is said, but the planner: %s, of\n%s", seed, round, planned[0].Message, mustJSON(t, p.Spec))
			}
		}
	}
	if left < 250 {
		t.Errorf("seed %d: only %d pods had no place", seed, left)
	}
}

func TestAPodIsComparedWithOneNodeOfAKindAndWithNamedOnesOneByOne(t *testing.T) {
	stock := largeStock(2000)
	supply := pod.NewSupply(stock)
	for i := range stock.Nodes {
		if i%97 != 0 {
			continue
		}
		name := stock.Nodes[i].Name
		p := build.Pod("p").Requests("1", "1Gi").Selects(corev1.LabelHostname, name).Obj()
		found := pod.Examine(p, supply)
		if tainted := len(stock.Nodes[i].Spec.Taints) > 0; tainted != (len(found) > 0) {
			t.Errorf("of a pod for %s with taints %v is said %v", name, stock.Nodes[i].Spec.Taints, found)
		}
	}
	gone := pod.Examine(build.Pod("p").Requests("1", "1Gi").Selects(corev1.LabelHostname, "node-2000").Obj(), supply)
	if len(gone) != 1 || gone[0].Reason != pod.ReasonUnknownLabel || !slices.Contains([]string{gone[0].Field.String()}, "spec.nodeSelector[kubernetes.io/hostname]") {
		t.Errorf("of a pod for a node that is gone is said %v", gone)
	}
}

func TestASmallerMachineMayDoWhereSizesDifferInMoreThanSize(t *testing.T) {
	stock := func() *pod.Stock {
		return &pod.Stock{
			Groups:    []v1alpha1.NodeGroup{*build.NodeGroup("open").Datacenter("amsterdam").Obj()},
			Offerings: []plan.Offering{offering("small", "amsterdam", "2", "4Gi"), offering("big", "amsterdam", "8", "32Gi")},
		}
	}
	greedy := stock()
	greedy.Daemons = []*corev1.Pod{build.Pod("greedy").Requests("7", "1Gi").Selects(corev1.LabelInstanceTypeStable, "big").Obj()}
	if found := pod.Examine(build.Pod("p").Requests("1500m", "1Gi").Obj(), pod.NewSupply(greedy)); len(found) > 0 {
		t.Errorf("with a DaemonSet on the big ones, of a pod for a small one is said %v", found)
	}
	named := stock()
	named.Groups[0].Spec.Labels = map[string]string{corev1.LabelInstanceTypeStable: "ours"}
	p := build.Pod("p").Requests("1", "1Gi").Selects(corev1.LabelInstanceTypeStable, "ours").Obj()
	p.Spec.NodeSelector[v1alpha1.LabelOffering] = "small"
	if found := pod.Examine(p, pod.NewSupply(named)); len(found) > 0 {
		t.Errorf("with a group that names its machines, of a pod for a small one is said %v", found)
	}
}
