package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// result is a plan as programs read it. Its keys are a contract: keys may be added, none changed.
type result struct {
	Planner          string          `json:"planner"`
	Scenario         string          `json:"scenario,omitempty"`
	Pods             int             `json:"pods"`
	Unscheduled      int             `json:"unscheduled"`
	UnscheduledPods  []resultPod     `json:"unscheduledPods"`
	Nodes            []resultNode    `json:"nodes"`
	ExistingNodes    []resultPlacing `json:"existingNodes"`
	HourlyPrice      float64         `json:"hourlyPrice"`
	LowerBoundHourly float64         `json:"lowerBoundHourly"`
	Gap              float64         `json:"gap"`
	PlanMillis       float64         `json:"planMillis"`
	PlanCPUMillis    float64         `json:"planCPUMillis"`
}

// resultPod is a pod without a node.
type resultPod struct {
	Pod string `json:"pod"`
	// Reason is one of the planner's reasons and a message, with ": " between.
	Reason string `json:"reason"`
}

// resultNode is a node to buy.
type resultNode struct {
	Offering    string            `json:"offering"`
	Pods        []string          `json:"pods"`
	Group       string            `json:"group"`
	Zone        string            `json:"zone,omitempty"`
	HourlyPrice float64           `json:"hourlyPrice"`
	Utilisation resultUtilisation `json:"utilisation"`
}

// resultUtilisation are shares of what pods find on the node, from 0 to 1.
type resultUtilisation struct {
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
	Pods   float64 `json:"pods"`
}

// resultPlacing is a node that exists, with the waiting pods that fit on it.
type resultPlacing struct {
	Node string   `json:"node"`
	Pods []string `json:"pods"`
}

func podName(pod *corev1.Pod) string { return pod.Namespace + "/" + pod.Name }

func podNames(pods []*corev1.Pod) []string {
	names := make([]string, len(pods))
	for i, pod := range pods {
		names[i] = podName(pod)
	}
	return names
}

func newResult(r *rehearsal) *result {
	made := &result{
		Planner:          "vpsie",
		Scenario:         r.Name,
		Pods:             len(r.Snapshot.Pods),
		Unscheduled:      len(r.plan.Left),
		UnscheduledPods:  make([]resultPod, len(r.plan.Left)),
		Nodes:            make([]resultNode, len(r.plan.NewNodes)),
		ExistingNodes:    r.existing(),
		HourlyPrice:      r.plan.Price.Units(),
		LowerBoundHourly: r.plan.LowerBound.Units(),
		Gap:              r.plan.Gap,
		PlanMillis:       millis(r.wall),
		PlanCPUMillis:    millis(r.cpu),
	}
	for i, left := range r.plan.Left {
		made.UnscheduledPods[i] = resultPod{Pod: podName(left.Pod), Reason: string(left.Reason) + ": " + left.Message}
	}
	for i := range r.plan.NewNodes {
		node := &r.plan.NewNodes[i]
		used := usageOf(node)
		made.Nodes[i] = resultNode{
			Offering: node.Offering.ID, Pods: podNames(node.Pods), Group: node.GroupKey,
			Zone: node.Offering.Labels[corev1.LabelTopologyZone], HourlyPrice: node.Offering.Price.Units(),
			Utilisation: resultUtilisation{CPU: used.cpu.share(), Memory: used.memory.share(), Pods: used.pods.share()},
		}
	}
	return made
}

// existing are the nodes that receive waiting pods, by name.
func (r *rehearsal) existing() []resultPlacing {
	at := map[string]int{}
	nodes := []resultPlacing{}
	for _, placed := range r.plan.Placed {
		i, known := at[placed.Node]
		if !known {
			i = len(nodes)
			at[placed.Node] = i
			nodes = append(nodes, resultPlacing{Node: placed.Node})
		}
		nodes[i].Pods = append(nodes[i].Pods, podName(placed.Pod))
	}
	slices.SortFunc(nodes, func(a, b resultPlacing) int { return cmp.Compare(a.Node, b.Node) })
	return nodes
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func writeJSON(w io.Writer, r *rehearsal, _ simulateFlags) error {
	buffered := bufio.NewWriter(w)
	if err := json.NewEncoder(buffered).Encode(newResult(r)); err != nil {
		return err
	}
	return buffered.Flush()
}

func writeYAML(w io.Writer, r *rehearsal, _ simulateFlags) error {
	text, err := yaml.Marshal(newResult(r))
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
