package plan_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

const zone = corev1.LabelTopologyZone

// labelled sets a label of a pod.
func labelled(key, value string) podOption {
	return func(p *corev1.Pod) { metav1.SetMetaDataLabel(&p.ObjectMeta, key, value) }
}

func selector(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

// spread asks for pods with the label app=web to be spread.
func spread(key string, maxSkew int32, when corev1.UnsatisfiableConstraintAction) podOption {
	return func(p *corev1.Pod) {
		p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, corev1.TopologySpreadConstraint{
			MaxSkew: maxSkew, TopologyKey: key, WhenUnsatisfiable: when, LabelSelector: selector("app", "web")})
	}
}

func affinity(p *corev1.Pod) *corev1.Affinity {
	if p.Spec.Affinity == nil {
		p.Spec.Affinity = &corev1.Affinity{}
	}
	return p.Spec.Affinity
}

func term(key, app string) corev1.PodAffinityTerm {
	return corev1.PodAffinityTerm{TopologyKey: key, LabelSelector: selector("app", app)}
}

// near asks for pods of an app in the same domain, away for none of them.
func near(key, app string) podOption {
	return func(p *corev1.Pod) {
		affinity(p).PodAffinity = &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{term(key, app)}}
	}
}

func away(key, app string) podOption {
	return func(p *corev1.Pod) {
		affinity(p).PodAntiAffinity = &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{term(key, app)}}
	}
}

func onPort(port int32) podOption {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: port, HostPort: port}}
	}
}

// inZone is an offering of a zone.
func inZone(name, id, cpu, memory string, price int64) plan.Offering {
	o := offering(id, cpu, memory, cents(price))
	o.Labels = map[string]string{zone: name}
	return o
}

// threeZones sells machines with 4 cores, dearer from a to c.
func threeZones() []plan.Offering {
	return []plan.Offering{inZone("a", "a4", "4", "16Gi", 10), inZone("b", "b4", "4", "16Gi", 11), inZone("c", "c4", "4", "16Gi", 12)}
}

// zones counts the pods on new nodes by zone.
func zones(p *plan.Plan) map[string]int {
	count := map[string]int{}
	for i := range p.NewNodes {
		count[p.NewNodes[i].Offering.Labels[zone]] += len(p.NewNodes[i].Pods)
	}
	return count
}

func TestPodsKeepTheirDistance(t *testing.T) {
	one := resources("cpu", "1", "memory", "1Gi")
	for _, test := range []struct {
		name  string
		pods  []*corev1.Pod
		nodes int            // to buy
		zones map[string]int // pods by zone; nil is any
		left  plan.Reason    // of the pods that are left, if any
	}{
		{name: "spread over zones with a skew of one", pods: manyPods(8, one, labelled("app", "web"), spread(zone, 1, corev1.DoNotSchedule)),
			nodes: 3, zones: map[string]int{"a": 3, "b": 3, "c": 2}},
		{name: "spread over hosts", pods: manyPods(5, one, labelled("app", "web"), spread(corev1.LabelHostname, 2, corev1.DoNotSchedule)), nodes: 3},
		{name: "anti-affinity on hosts", pods: manyPods(4, one, labelled("app", "web"), away(corev1.LabelHostname, "web")), nodes: 4},
		{name: "anti-affinity in zones, one pod too many", pods: manyPods(4, one, labelled("app", "web"), away(zone, "web")), nodes: 3,
			zones: map[string]int{"a": 1, "b": 1, "c": 1}, left: plan.ReasonPodAntiAffinity},
		{name: "affinity to their own zone", pods: manyPods(9, one, labelled("app", "web"), near(zone, "web")), nodes: 3, zones: map[string]int{"a": 9}},
		{name: "affinity to their own host", pods: manyPods(4, one, labelled("app", "web"), near(corev1.LabelHostname, "web")), nodes: 1},
		{name: "affinity to their own host, one pod too many", pods: manyPods(5, one, labelled("app", "web"), near(corev1.LabelHostname, "web")),
			nodes: 1, left: plan.ReasonPodAffinity},
		{name: "affinity to nobody", pods: manyPods(1, one, near(zone, "db")), left: plan.ReasonPodAffinity},
		{name: "affinity to pods that wait as well", nodes: 1, zones: map[string]int{"a": 2},
			pods: []*corev1.Pod{pod("web", one, near(corev1.LabelHostname, "db")), pod("db", one, labelled("app", "db"))}},
		{name: "anti-affinity of others", nodes: 2,
			pods: []*corev1.Pod{pod("lonely", one, away(corev1.LabelHostname, "web")), pod("web", one, labelled("app", "web"))}},
		{name: "a host port", pods: manyPods(3, one, onPort(80)), nodes: 3},
		{name: "spread over more zones than there are", left: plan.ReasonTopologySpread, nodes: 3, zones: map[string]int{"a": 1, "b": 1, "c": 1},
			pods: manyPods(5, one, labelled("app", "web"), spread(zone, 1, corev1.DoNotSchedule), func(p *corev1.Pod) {
				p.Spec.TopologySpreadConstraints[0].MinDomains = new(int32(4))
			})},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.Make(&plan.Snapshot{Pods: test.pods, Offerings: threeZones(), Groups: []plan.Group{group("g", nil)}})
			if len(p.NewNodes) != test.nodes {
				t.Errorf("bought %v, want %d nodes", bought(p), test.nodes)
			}
			if got := zones(p); test.zones != nil && !equalCounts(got, test.zones) {
				t.Errorf("pods by zone: got %v, want %v", got, test.zones)
			}
			if (test.left == "") != (len(p.Left) == 0) {
				t.Errorf("left: got %v, want reason %q", p.Left, test.left)
			}
			for _, left := range p.Left {
				if left.Reason != test.left {
					t.Errorf("pod %s: got %s %q, want %s", left.Pod.Name, left.Reason, left.Message, test.left)
				}
			}
		})
	}
}

func equalCounts(got, want map[string]int) bool {
	if len(got) != len(want) {
		return false
	}
	for key, n := range want {
		if got[key] != n {
			return false
		}
	}
	return true
}

func TestPodsThatRunAreNeighboursToo(t *testing.T) {
	// Given a node in zone a with a pod that waiting pods must not meet, and that must not meet them.
	running := pod("running", resources("cpu", "1"), labelled("app", "web"), away(zone, "web"))
	nodes := []plan.Node{node("n1", func(n *plan.Node) {
		n.Labels = map[string]string{zone: "a", corev1.LabelHostname: "n1"}
		n.Pods = []*corev1.Pod{running}
	})}
	for _, test := range []struct {
		name   string
		option []podOption
		zone   string
	}{
		{name: "away from it", option: []podOption{away(zone, "web")}, zone: "b"},
		{name: "kept away by it", option: []podOption{labelled("app", "web")}, zone: "b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.Make(&plan.Snapshot{Pods: manyPods(1, resources("cpu", "1"), test.option...), Nodes: nodes,
				Offerings: threeZones(), Groups: []plan.Group{group("g", nil)}})
			if got := zones(p); got[test.zone] != 1 {
				t.Errorf("pods by zone: got %v and placed %v, want zone %s", got, placement(p), test.zone)
			}
		})
	}
}
