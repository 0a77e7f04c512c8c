package planners

import (
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/scenario"
	"github.com/vpsie/vpsie-autoscaler/test/bench/contest"
	"github.com/vpsie/vpsie-autoscaler/test/bench/karpenter"
	"github.com/vpsie/vpsie-autoscaler/test/bench/scenarios"
)

// Solve lets a planner solve the scenario of a file in this process, measures it and checks its plan.
func Solve(planner, path string, limit time.Duration) (*contest.Outcome, error) {
	switch planner {
	case contest.VPSie:
		return solveVPSie(path)
	case contest.Karpenter:
		return solveKarpenter(path, limit)
	default:
		return nil, fmt.Errorf("planner %q: want %s or %s", planner, contest.VPSie, contest.Karpenter)
	}
}

func solveVPSie(path string) (*contest.Outcome, error) {
	snapshot, err := read(path)
	if err != nil {
		return nil, err
	}
	var made *plan.Plan
	effort, err := contest.Measure(func() error {
		made = plan.Make(snapshot)
		return nil
	})
	if err != nil {
		return nil, err
	}
	result := outcome(contest.VPSie, snapshot, made, effort)
	result.Blame(check(snapshot, made))
	return result, nil
}

func solveKarpenter(path string, limit time.Duration) (*contest.Outcome, error) {
	file, err := scenarios.Read(path)
	if err != nil {
		return nil, err
	}
	problem := karpenter.Prepare(file)
	var solution *karpenter.Solution
	effort, err := contest.Measure(func() error {
		solution, err = problem.Solve(limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	nodes, err := solution.Nodes()
	if err != nil {
		return nil, err
	}
	snapshot, err := read(path) // only now, so that it is not in the memory that was measured
	if err != nil {
		return nil, err
	}
	made := asPlan(snapshot, nodes)
	result := outcome(contest.Karpenter, snapshot, made, effort)
	result.Blame(checkPlaced(snapshot, made))
	result.Unfinished = solution.Unfinished
	return result, nil
}

// read reads a scenario as users' scenarios are read.
func read(path string) (*plan.Snapshot, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	defer file.Close()
	read, err := scenario.Read(file, path)
	if err != nil {
		return nil, err
	}
	return &read.Snapshot, nil
}

// asPlan writes Karpenter's machines as a plan of ours, so that the same verifier judges both.
func asPlan(s *plan.Snapshot, nodes []karpenter.Node) *plan.Plan {
	offerings, pods := map[string]*plan.Offering{}, map[string]*corev1.Pod{}
	for i := range s.Offerings {
		offerings[s.Offerings[i].ID] = &s.Offerings[i]
	}
	for _, pod := range s.Pods {
		pods[pod.Namespace+"/"+pod.Name] = pod
	}
	made, placed := &plan.Plan{}, map[*corev1.Pod]bool{}
	for _, node := range nodes {
		chosen := offerings[node.OfferingID]
		bought := plan.NewNode{
			GroupKey: s.Groups[0].Key, Offering: chosen, Considered: []plan.Considered{{Offering: chosen, Verdict: plan.VerdictChosen}},
		}
		for _, name := range node.Pods {
			bought.Pods = append(bought.Pods, pods[name])
			placed[pods[name]] = true
		}
		made.NewNodes = append(made.NewNodes, bought)
		made.Price += chosen.Price
	}
	for _, pod := range s.Pods {
		if !placed[pod] {
			made.Left = append(made.Left, plan.Unplaced{Pod: pod})
		}
	}
	return made
}

func outcome(planner string, s *plan.Snapshot, made *plan.Plan, effort contest.Effort) *contest.Outcome {
	return &contest.Outcome{
		Planner: planner, Pods: len(s.Pods), Nodes: len(made.NewNodes), Left: len(made.Left),
		HourlyPrice: made.Price.Units(), LowerBound: made.LowerBound.Units(), Effort: effort,
	}
}
