package score_test

import (
	"math"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

const gib = 1 << 30

// machine is a node of 4 cores and 16 GiB with the given share of both requested, in percent.
func machine(percent int64, price money.PerHour) score.Node {
	return score.Node{
		Allocatable: score.Amount{MilliCPU: 4000, Memory: 16 * gib},
		Requested:   score.Amount{MilliCPU: 40 * percent, Memory: 16 * gib / 100 * percent},
		Price:       price,
	}
}

func with(node score.Node, changes ...func(*score.Node)) score.Node {
	for _, change := range changes {
		change(&node)
	}
	return node
}

func spot(n *score.Node)        { n.Spot = true }
func candidate(n *score.Node)   { n.Candidate = true }
func interrupted(n *score.Node) { n.Interrupted = true }
func removing(n *score.Node)    { n.Removing = true }

func TestScoreOfOneNode(t *testing.T) {
	small := score.Pod{Key: "shop/cart", Request: score.Amount{MilliCPU: 400, Memory: gib}}
	cases := map[string]struct {
		node  score.Node
		plans []score.Plan
		pod   score.Pod
		want  int64
	}{
		"an empty node that stays nearly empty scores low": {node: machine(0, 0), pod: score.Pod{Key: "shop/cart"}, want: 4},
		"a node that the pod fills to a tenth scores more": {node: machine(0, 0), pod: small, want: 5},
		"a node that the pod fills to a half is neutral":   {node: machine(40, 0), pod: small, want: score.Neutral},
		"a node that the pod fills scores high":            {node: machine(90, 0), pod: small, want: 8},
		"an overcommitted node counts as full":             {node: machine(250, 0), pod: small, want: 8},
		"a node without allocatable counts as full":        {node: score.Node{}, pod: small, want: 8},
		"the fuller of the two resources decides": {
			node: score.Node{
				Allocatable: score.Amount{MilliCPU: 4000, Memory: 16 * gib},
				Requested:   score.Amount{Memory: 15 * gib},
			}, pod: small, want: 8,
		},
		"a node bought for the pod scores ten": {
			node: machine(0, 0), pod: small, want: 10,
			plans: []score.Plan{{Node: "n", Pods: []string{"shop/other", "shop/cart"}}},
		},
		"a node bought for another pod scores by packing": {
			node: machine(0, 0), pod: small, want: 5,
			plans: []score.Plan{{Node: "n", Pods: []string{"shop/other"}}},
		},
		"another node bought for the pod changes nothing here": {
			node: machine(0, 0), pod: small, want: 5,
			plans: []score.Plan{{Node: "m", Pods: []string{"shop/cart"}}},
		},
		"an empty spot node scores a step lower": {node: with(machine(0, 0), spot), pod: score.Pod{Key: "shop/cart"}, want: 3},
		"a full spot node scores a step lower":   {node: with(machine(90, 0), spot), pod: small, want: 7},
		"a spot node bought for the pod scores ten": {
			node: with(machine(0, 0), spot), pod: small, want: 10,
			plans: []score.Plan{{Node: "n", Pods: []string{"shop/cart"}}},
		},
		"a candidate for removal scores two": {node: with(machine(0, 0), candidate), pod: small, want: 2},
		"a candidate bought for another pod stays one": {
			node: with(machine(0, 0), candidate), pod: small, want: 2,
			plans: []score.Plan{{Node: "n", Pods: []string{"shop/other"}}},
		},
		"a candidate bought for the pod is none": {
			node: with(machine(0, 0), candidate), pod: small, want: 10,
			plans: []score.Plan{{Node: "n", Pods: []string{"shop/cart"}}},
		},
		"a node about to be interrupted scores one": {node: with(machine(90, 0), interrupted), pod: small, want: 1},
		"a node about to be interrupted scores one even for its planned pod": {
			node: with(machine(90, 0), interrupted), pod: small, want: 1,
			plans: []score.Plan{{Node: "n", Pods: []string{"shop/cart"}}},
		},
		"of all that is wrong with a node the worst counts": {
			node: with(machine(0, 0), spot, candidate, interrupted, removing), pod: small, want: 0,
		},
		"a node being removed scores zero": {
			node: with(machine(90, 0), removing), pod: small, want: 0,
		},
		"a node being removed scores zero even for its planned pod": {
			node: score.Node{Removing: true}, pod: small, want: 0,
			plans: []score.Plan{{Node: "n", Pods: []string{"shop/cart"}}},
		},
		"an exempt pod is neutral even on a node being removed": {
			node: score.Node{Removing: true}, pod: score.Pod{Key: "shop/cart", Exempt: true}, want: score.Neutral,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			snapshot := score.NewSnapshot(map[string]score.Node{"n": c.node}, c.plans)
			if got := snapshot.Score(c.pod, "n"); got != c.want {
				t.Errorf("Score = %d, want %d", got, c.want)
			}
		})
	}
}

func TestWhatIsNotKnownIsNeutral(t *testing.T) {
	var cold *score.Snapshot
	if got := cold.Score(score.Pod{Key: "a/b"}, "n"); got != score.Neutral {
		t.Errorf("a cold snapshot scores %d, want %d", got, score.Neutral)
	}
	if cold.Removing("n") {
		t.Error("a cold snapshot says that a node is being removed")
	}
	if _, awaited := cold.Awaited("a/b"); awaited {
		t.Error("a cold snapshot says that a machine is on its way")
	}
	empty := score.NewSnapshot(nil, nil)
	if got := empty.Score(score.Pod{Key: "a/b"}, "n"); got != score.Neutral {
		t.Errorf("an unknown node scores %d, want %d", got, score.Neutral)
	}
}

func TestAmongEquallyFullNodesTheCheaperWins(t *testing.T) {
	snapshot := score.NewSnapshot(map[string]score.Node{
		"cheap":   machine(50, 30_000_000),
		"dear":    machine(50, 90_000_000),
		"unknown": machine(50, 0),
		"fuller":  machine(90, 90_000_000),
	}, nil)
	pod := score.Pod{Key: "shop/cart"}
	cheap, dear, unknown := snapshot.Score(pod, "cheap"), snapshot.Score(pod, "dear"), snapshot.Score(pod, "unknown")
	if cheap <= dear {
		t.Errorf("the cheap node scores %d, the dear one %d: want more for the cheap one", cheap, dear)
	}
	if unknown < dear || unknown > cheap {
		t.Errorf("the node of unknown price scores %d, want it between %d and %d", unknown, dear, cheap)
	}
	if fuller := snapshot.Score(pod, "fuller"); fuller <= cheap {
		t.Errorf("the fuller but dearer node scores %d, the emptier cheap one %d: packing must decide first", fuller, cheap)
	}
}

func TestPriceIsComparedPerCapacity(t *testing.T) {
	double := machine(50, 50_000_000)
	double.Allocatable = double.Allocatable.Add(double.Allocatable)
	double.Requested = double.Requested.Add(double.Requested)
	snapshot := score.NewSnapshot(map[string]score.Node{"double": double, "single": machine(50, 40_000_000)}, nil)
	pod := score.Pod{Key: "shop/cart"}
	if large, small := snapshot.Score(pod, "double"), snapshot.Score(pod, "single"); large <= small {
		t.Errorf("the larger node, cheaper for what it holds, scores %d, the smaller one %d", large, small)
	}
}

func TestScoreStaysInRangeAndGrowsWithPacking(t *testing.T) {
	prices := []money.PerHour{0, 1, 30_000_000, math.MaxInt64}
	for _, price := range prices {
		last := int64(0)
		for percent := range int64(111) {
			snapshot := score.NewSnapshot(map[string]score.Node{"n": machine(percent, price), "m": machine(0, 7)}, nil)
			got := snapshot.Score(score.Pod{Key: "a/b"}, "n")
			if got < 4 || got > 8 {
				t.Fatalf("price %d, %d%% full: score %d, want 4 to 8", price, percent, got)
			}
			if got < last {
				t.Fatalf("price %d, %d%% full: score %d, below the %d of a less full node", price, percent, got, last)
			}
			last = got
		}
	}
}

func TestAwaitedIsTheYoungestMachineInFlight(t *testing.T) {
	older, younger := time.Unix(1000, 0), time.Unix(2000, 0)
	snapshot := score.NewSnapshot(nil, []score.Plan{
		{Node: "a", Pods: []string{"shop/cart"}, InFlight: true, Since: older},
		{Node: "b", Pods: []string{"shop/cart"}, InFlight: true, Since: younger},
		{Node: "c", Pods: []string{"shop/cart", "shop/done"}, Since: younger.Add(time.Hour)},
	})
	if since, ok := snapshot.Awaited("shop/cart"); !ok || !since.Equal(younger) {
		t.Errorf("Awaited(shop/cart) = %v, %v, want %v, true", since, ok, younger)
	}
	if _, ok := snapshot.Awaited("shop/done"); ok {
		t.Error("a pod whose machine has arrived is still awaited")
	}
}

func TestPodOf(t *testing.T) {
	controller := true
	ownedBy := func(kind string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.OwnerReferences = []metav1.OwnerReference{{Kind: kind, Name: "owner", Controller: &controller}}
		}
	}
	priority := func(class string) func(*corev1.Pod) {
		return func(p *corev1.Pod) { p.Spec.PriorityClassName = class }
	}
	cases := map[string]struct {
		change func(*corev1.Pod)
		exempt bool
	}{
		"a plain pod is not exempt":                  {func(*corev1.Pod) {}, false},
		"a pod of a ReplicaSet is not exempt":        {ownedBy("ReplicaSet"), false},
		"a pod of high priority is not exempt":       {priority("high"), false},
		"a pod of a DaemonSet is exempt":             {ownedBy("DaemonSet"), true},
		"a pod critical for the cluster is exempt":   {priority("system-cluster-critical"), true},
		"a pod critical for its node is exempt":      {priority("system-node-critical"), true},
		"a pod that is bound to a node is exempt":    {func(p *corev1.Pod) { p.Spec.NodeName = "n" }, true},
		"a mirror of a static pod is exempt":         {func(p *corev1.Pod) { p.Annotations = map[string]string{"kubernetes.io/config.mirror": "x"} }, true},
		"a pod owned but not controlled counts free": {func(p *corev1.Pod) { p.OwnerReferences = []metav1.OwnerReference{{Kind: "DaemonSet"}} }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "cart"}}
			pod.Spec.Containers = []corev1.Container{requesting("250m", "1Gi"), requesting("250m", "1Gi")}
			pod.Spec.InitContainers = []corev1.Container{requesting("1", "1Mi")}
			c.change(pod)
			want := score.Pod{Key: "shop/cart", Request: score.Amount{MilliCPU: 1000, Memory: 2 * gib}, Exempt: c.exempt}
			if got := score.PodOf(pod); got != want {
				t.Errorf("PodOf = %+v, want %+v", got, want)
			}
		})
	}
}

func TestAmountOfKeepsSumsWithinRange(t *testing.T) {
	huge := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("8E"),
		corev1.ResourceMemory: resource.MustParse("-5Gi"),
	}
	sum := score.Amount{}
	for range 500 {
		sum = sum.Add(score.AmountOf(huge))
	}
	if sum.MilliCPU <= 0 || sum.Memory != 0 {
		t.Errorf("500 absurd pods sum up to %+v, want a large positive number of cores and no memory", sum)
	}
}

func requesting(cpu, memory string) corev1.Container {
	return corev1.Container{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
	}}}
}
