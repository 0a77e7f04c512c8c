package conformance

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Verdict is what the scheduler thinks of a plan.
type Verdict struct {
	Disagreements []Disagreement
	// Judged is the number of pods of the plan about which the scheduler was asked, by what the plan says of them: "Placed", "Later",
	// or the reason for which they are left.
	Judged map[string]int
	// Skipped is the number of pods that were left for reasons that are none of the scheduler's business.
	Skipped map[string]int
	// Contended is the number of pods that do not get in because another pod of the plan has taken the only volume within reach.
	Contended int
}

// placement is a pod on the node where the plan wants it.
type placement struct {
	pod  *corev1.Pod
	node string
}

// judge asks the scheduler about one plan.
type judge struct {
	*Scheduler
	snapshot *plan.Snapshot
	plan     *plan.Plan
	// before is the cluster without new nodes, after with them.
	before, after *clusterState
	// placed are the pods that run on nodes of before as soon as the scheduler gets to them, later those that the plan puts on new nodes,
	// or on old ones once the new ones are there.
	placed, later []placement
	verdict       Verdict
}

// Judge asks the scheduler about every pod of a plan. The error says that the plan or the snapshot cannot be understood.
func (s *Scheduler) Judge(snapshot *plan.Snapshot, p *plan.Plan) (*Verdict, error) {
	j, err := s.newJudge(snapshot, p)
	if err != nil {
		return nil, err
	}
	for _, step := range []func() error{j.judgePlaced, j.judgeOrder, j.judgeLeft, j.judgePreemption} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return &j.verdict, nil
}

func (s *Scheduler) newJudge(snapshot *plan.Snapshot, p *plan.Plan) (*judge, error) {
	if err := s.SetObjects(snapshot); err != nil {
		return nil, err
	}
	j := &judge{Scheduler: s, snapshot: snapshot, plan: p, before: existing(snapshot)}
	j.verdict = Verdict{Judged: map[string]int{}, Skipped: map[string]int{}}
	after, names, err := j.before.after(snapshot, p)
	if err != nil {
		return nil, err
	}
	j.after = after
	for _, placed := range p.Placed {
		if placed.Late {
			j.later = append(j.later, placement{placed.Pod, placed.Node})
		} else {
			j.placed = append(j.placed, placement{placed.Pod, placed.Node})
		}
	}
	for i := range p.NewNodes {
		for _, pod := range p.NewNodes[i].Pods {
			j.later = append(j.later, placement{pod, names[i]})
		}
	}
	return j, nil
}

// everywhere are all pods of the plan that have a place.
func (j *judge) everywhere() []placement { return slices.Concat(j.placed, j.later) }

// judgePlaced asks about each placed pod with all the others in place.
func (j *judge) judgePlaced() error {
	if err := j.judgeEach(j.before, j.placed, j.placed, "Placed"); err != nil {
		return err
	}
	return j.judgeEach(j.after, j.later, j.everywhere(), "Later")
}

func (j *judge) judgeEach(state *clusterState, asked, all []placement, kind string) error {
	for _, p := range asked {
		others := slices.DeleteFunc(slices.Clone(all), func(o placement) bool { return o.pod == p.pod })
		if err := j.enter(state, others); err != nil {
			return err
		}
		j.verdict.Judged[kind]++
		if refused := j.Begin(p.pod).Refusal(p.node); refused != (Refusal{}) {
			j.refuses(KindPlaced, p, refused)
		}
	}
	return nil
}

// enter makes a state with some pods of the plan in place the one that the scheduler sees.
func (j *judge) enter(state *clusterState, inPlace []placement) error {
	bound := slices.Clone(state.bound)
	for _, p := range inPlace {
		bound = append(bound, bind(p.pod, p.node))
	}
	j.SetState(state.nodes, bound)
	return j.SetAttachLimits(state.attach)
}

// refuses notes that the scheduler does not let a pod onto the node of the plan.
func (j *judge) refuses(kind Kind, p placement, refused Refusal) {
	j.disagree(Disagreement{Kind: kind, Pod: p.pod, Planner: "it runs on " + p.node, Refused: refused})
}

func (j *judge) disagree(d Disagreement) {
	j.verdict.Disagreements = append(j.verdict.Disagreements, d)
}

// accepting is the first of the nodes that accepts the pod, or empty.
func (j *judge) accepting(pod *corev1.Pod, nodes []string) string {
	cycle := j.Begin(pod)
	for _, node := range nodes {
		if cycle.Refusal(node) == (Refusal{}) {
			return node
		}
	}
	return ""
}

func says(left *plan.Unplaced) string { return fmt.Sprintf("%s (%s)", left.Reason, left.Message) }
