package diagnosis

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// Path is where reports are posted, as JSON. A change that old receivers would misread gets a new version.
const Path = "/scheduler/v1/diagnosis"

// Plugin is the name of the scheduler's plugin that sends reports.
const Plugin = "VPSieDiagnosis"

// MaxPods is how many pods a report may be about.
const MaxPods = 500

// maxName is the longest name of an object in Kubernetes.
const maxName = 253

// Report is what kube-scheduler found for pods that fit on no node, each for the same reasons.
type Report struct {
	// Pods are those that it is about, at least one.
	Pods []Pod `json:"pods"`
	// Nodes is how many nodes the scheduler looked at. Each is in exactly one group.
	Nodes int `json:"nodes"`
	// Groups are the nodes by what keeps the pods off them.
	Groups []Group `json:"groups"`
}

// Pod is a pod as the scheduler knew it.
type Pod struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	UID       types.UID `json:"uid"`
	// Generation is that of the specification which was tried.
	Generation int64 `json:"generation"`
}

// Group are nodes that a pod was kept off for the same reasons.
type Group struct {
	// Plugin is the scheduler's plugin that refused the nodes, such as "NodeResourcesFit"; empty when it named none.
	Plugin string `json:"plugin,omitempty"`
	// Code says whether evicting other pods could help: "Unschedulable" when it could, "UnschedulableAndUnresolvable" when not.
	Code string `json:"code"`
	// Reasons are the plugin's words, such as "Insufficient cpu".
	Reasons []string `json:"reasons,omitempty"`
	// Nodes are the names, at least one.
	Nodes []string `json:"nodes"`
}

// maxWords bounds what By gives, in bytes of the plugin's words.
const maxWords = 200

// By names the plugin that refused the nodes and its words, for people.
func (g *Group) By() string {
	plugin := cmp.Or(g.Plugin, "no plugin")
	if len(g.Reasons) == 0 {
		return plugin
	}
	words := strings.Join(g.Reasons, ", ")
	if len(words) > maxWords {
		words = strings.ToValidUTF8(words[:maxWords], "") + "..."
	}
	return plugin + " (" + words + ")"
}

func (g *Group) validate() error {
	if g.Code == "" || len(g.Code) > maxName {
		return fmt.Errorf("code: has %d bytes, want 1 to %d: the code of the scheduler's status, such as Unschedulable", len(g.Code), maxName)
	}
	if len(g.Plugin) > maxName {
		return fmt.Errorf("plugin: has %d bytes, want at most %d", len(g.Plugin), maxName)
	}
	if len(g.Nodes) == 0 {
		return errors.New("nodes: is empty, want at least one node: leave the group out")
	}
	for i, node := range g.Nodes {
		if node == "" || len(node) > maxName {
			return fmt.Errorf("nodes[%d]: has %d bytes, want the name of a node, 1 to %d", i, len(node), maxName)
		}
	}
	return nil
}

// Validate names the first field that is wrong.
func (r *Report) Validate() error {
	if len(r.Pods) == 0 || len(r.Pods) > MaxPods {
		return fmt.Errorf("pods: has %d, want 1 to %d", len(r.Pods), MaxPods)
	}
	for i, pod := range r.Pods {
		if pod.UID == "" || len(pod.UID) > maxName {
			return fmt.Errorf("pods[%d].uid: has %d bytes, want 1 to %d: the UID of pod %s/%s", i, len(pod.UID), maxName, pod.Namespace, pod.Name)
		}
	}
	grouped := 0
	for i := range r.Groups {
		if err := r.Groups[i].validate(); err != nil {
			return fmt.Errorf("groups[%d].%w", i, err)
		}
		grouped += len(r.Groups[i].Nodes)
	}
	if grouped != r.Nodes {
		return fmt.Errorf("nodes: is %d, but the groups have %d: want each node in one group", r.Nodes, grouped)
	}
	return nil
}
