package orphans_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc/orphans"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
)

// history is what really was, kept apart from what the decision remembers.
type history struct {
	random *rand.Rand
	now    time.Time
	names  []string
	listed []int // the chance in percent that a name is on the list of machines
	// lonely is since when, in every look, a host name of ours has had no VPSieNode; looked in how many looks.
	lonely map[string]time.Time
	looked map[string]int
	nodes  map[types.UID]time.Time
}

// TestOnlyProvenOrphansOlderThanTheGracePeriodGo runs random worlds through many looks. The checks are written anew from the
// promise, not from the code.
func TestOnlyProvenOrphansOlderThanTheGracePeriodGo(t *testing.T) {
	deleted := map[orphans.Kind]int{}
	for seed := range uint64(300) {
		runHistory(t, seed, deleted)
	}
	if deleted[orphans.KindMachine] < 100 || deleted[orphans.KindNode] < 100 {
		t.Errorf("deletions in all worlds: %v, too few to mean anything", deleted)
	}
}

func FuzzOnlyProvenOrphansOlderThanTheGracePeriodGo(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(func(t *testing.T, seed uint64) { runHistory(t, seed, map[orphans.Kind]int{}) })
}

func runHistory(t *testing.T, seed uint64, deleted map[orphans.Kind]int) {
	h := &history{
		random: rand.New(rand.NewPCG(seed, 7)), now: begin,
		lonely: map[string]time.Time{}, looked: map[string]int{}, nodes: map[types.UID]time.Time{},
	}
	h.names = []string{"prod-db-1", "prod-web-abcdefghijkl", "prod-", web + "x", hostnames.Scheme{Prefix: "stage-", ClusterID: prod.ClusterID}.New("web")}
	for range 3 {
		h.names = append(h.names, prod.New("web"), twin.New("web"))
	}
	for range h.names {
		h.listed = append(h.listed, []int{2, 50, 98}[h.random.IntN(3)])
	}
	var memory orphans.Memory
	for range 40 {
		h.now = h.now.Add(time.Duration(h.random.IntN(300)) * time.Second)
		s := h.world()
		h.note(s)
		var verdicts []orphans.Verdict
		verdicts, memory = orphans.Decide(s, memory)
		for _, verdict := range verdicts {
			if verdict.Action == orphans.Delete {
				deleted[verdict.Subject.Kind]++
				h.check(t, s, verdict.Subject)
			}
		}
	}
	if t.Failed() {
		t.Fatalf("seed %d", seed)
	}
}

func (h *history) chance(percent int) bool { return h.random.IntN(100) < percent }

// world is a random snapshot. A name keeps its VPSieNode or its lack of one most of the time, or nothing would ever get old.
func (h *history) world() *orphans.Snapshot {
	s := &orphans.Snapshot{Now: h.now, Grace: grace, Names: prod}
	for i, name := range h.names {
		if h.chance(h.listed[i]) {
			s.Machines = append(s.Machines, h.machine(i, name))
		}
		if h.chance(3) {
			s.VPSieNodes = append(s.VPSieNodes, *build.VPSieNode(name+"0"[:h.random.IntN(2)], "web").Obj())
		}
		if h.chance(80) {
			s.Nodes = append(s.Nodes, h.node(i, name))
		}
	}
	return s
}

func (h *history) machine(i int, name string) cloud.Machine {
	states := []cloud.State{cloud.StateRunning, cloud.StateRunning, cloud.StatePending, cloud.StateBroken, cloud.StateEnding}
	made := cloud.Machine{ID: fmt.Sprintf("m%d", i), Hostname: name, State: states[h.random.IntN(len(states))]}
	if made.State == cloud.StatePending {
		made.ID = ""
	}
	if h.chance(50) {
		made.CreatedAt = begin.Add(time.Duration(h.random.IntN(3600)) * time.Second)
	}
	if h.chance(10) {
		made.Tags = map[string]string{v1alpha1.TagCluster: []string{prod.ClusterID, twin.ClusterID}[h.random.IntN(2)]}
	}
	return made
}

func (h *history) node(i int, name string) corev1.Node {
	builder := build.Node(name).NotReady()
	if h.chance(5) {
		builder = builder.Ready()
	}
	if i%4 != 3 { // the same Node is ours or not, always
		builder = builder.In("web").Label(v1alpha1.LabelVPSieNode, name)
	}
	if h.chance(50) {
		builder = builder.ProviderID(fmt.Sprintf("vpsie://m%d", i+20*h.random.IntN(2)))
	}
	return *builder.Obj()
}

func hasObject(s *orphans.Snapshot, name string) bool {
	return slices.ContainsFunc(s.VPSieNodes, func(o v1alpha1.VPSieNode) bool { return o.Name == name })
}

// note writes down since when each host name and each Node has been alone.
func (h *history) note(s *orphans.Snapshot) {
	for _, name := range h.names {
		listed := slices.ContainsFunc(s.Machines, func(m cloud.Machine) bool {
			return m.Hostname == name && m.Tags[v1alpha1.TagCluster] != twin.ClusterID
		})
		if !listed || hasObject(s, name) {
			delete(h.lonely, name)
			h.looked[name] = 0
			continue
		}
		if h.looked[name]++; h.looked[name] == 1 {
			h.lonely[name] = h.now
		}
	}
	present := map[types.UID]bool{}
	for i := range s.Nodes {
		node := &s.Nodes[i]
		present[node.UID] = true
		alone := node.Status.Conditions[0].Status != corev1.ConditionTrue && !hasObject(s, node.Name) &&
			!slices.ContainsFunc(s.Machines, func(m cloud.Machine) bool {
				return m.Hostname == node.Name || m.ID != "" && node.Spec.ProviderID == "vpsie://"+m.ID
			})
		if _, noted := h.nodes[node.UID]; !alone {
			delete(h.nodes, node.UID)
		} else if !noted {
			h.nodes[node.UID] = h.now
		}
	}
	for uid := range h.nodes {
		if !present[uid] {
			delete(h.nodes, uid)
		}
	}
}

func (h *history) check(t *testing.T, s *orphans.Snapshot, subject orphans.Subject) {
	t.Helper()
	if subject.Kind == orphans.KindNode {
		at := slices.IndexFunc(s.Nodes, func(n corev1.Node) bool { return n.Name == subject.Name })
		since, alone := h.nodes[s.Nodes[at].UID]
		if !alone || h.now.Sub(since) < grace || s.Nodes[at].Labels[v1alpha1.LabelManaged] != "true" {
			t.Errorf("Node %s goes, alone %v for %v, labels %v", subject.Name, alone, h.now.Sub(since), s.Nodes[at].Labels)
		}
		return
	}
	at := slices.IndexFunc(s.Machines, func(m cloud.Machine) bool { return m.Hostname == subject.Name })
	m := s.Machines[at]
	since, alone := h.lonely[m.Hostname]
	switch {
	case subject.Kind != orphans.KindMachine || !prod.Made(m.Hostname):
		t.Errorf("%+v goes, its name is not provably ours", subject)
	case !alone || h.looked[m.Hostname] < 2 || h.now.Sub(since) < grace:
		t.Errorf("%s goes, alone %v in %d looks for %v", m.Hostname, alone, h.looked[m.Hostname], h.now.Sub(since))
	case !m.CreatedAt.IsZero() && h.now.Sub(m.CreatedAt) < grace:
		t.Errorf("%s goes at an age of %v", m.Hostname, h.now.Sub(m.CreatedAt))
	case m.ID == "" || m.State == cloud.StatePending || m.Tags[v1alpha1.TagCluster] == twin.ClusterID:
		t.Errorf("%+v goes", m)
	}
}
