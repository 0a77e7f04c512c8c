package snapshots

import (
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Describe prints a snapshot as YAML without what is empty.
func Describe(s *plan.Snapshot) string {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Sprintf("snapshot: %v", err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return fmt.Sprintf("snapshot: %v", err)
	}
	out, err := yaml.Marshal(pruned(tree))
	if err != nil {
		return fmt.Sprintf("snapshot: %v", err)
	}
	return string(out)
}

// pruned leaves out empty values: nil stands for one. An empty object in an affinity term or a spread constraint is a selector that
// matches everything, so it stays.
func pruned(tree any) any {
	switch node := tree.(type) {
	case map[string]any:
		for key, value := range node {
			selector := key == "labelSelector" || key == "namespaceSelector"
			if short := pruned(value); short != nil {
				node[key] = short
			} else if !selector || value == nil {
				delete(node, key)
			}
		}
		if len(node) == 0 {
			return nil
		}
	case []any:
		for i := range node {
			if short := pruned(node[i]); short != nil {
				node[i] = short
			}
		}
		if len(node) == 0 {
			return nil
		}
	case string:
		if node == "" {
			return nil
		}
	case bool:
		if !node {
			return nil
		}
	case float64:
		if node == 0 {
			return nil
		}
	}
	return tree
}
