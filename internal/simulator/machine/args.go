package machine

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// kubeletArgs are the flags of a kubelet that shape its Node. Other flags are accepted and change nothing here.
type kubeletArgs struct {
	labels       map[string]string
	reserved     []corev1.ResourceList // kube-reserved and system-reserved
	evictionHard map[string]string     // signal -> quantity or percentage
	maxPods      int64
	providerID   string
}

// The kubelet's own defaults.
const (
	defaultMaxPods      = 110
	defaultEvictionHard = "memory.available<100Mi,nodefs.available<10%"
)

// parseKubeletArgs reads the flags; the error names the one that would keep a kubelet from starting.
func parseKubeletArgs(args map[string]string) (kubeletArgs, error) {
	parsed := kubeletArgs{maxPods: defaultMaxPods, providerID: args["provider-id"]}
	var err error
	if parsed.labels, err = pairs("node-labels", args["node-labels"], "="); err != nil {
		return kubeletArgs{}, err
	}
	hard, given := args["eviction-hard"]
	if !given {
		hard = defaultEvictionHard
	}
	if parsed.evictionHard, err = pairs("eviction-hard", hard, "<"); err != nil {
		return kubeletArgs{}, err
	}
	for _, name := range []string{"kube-reserved", "system-reserved"} {
		reserved, err := resources(name, args[name])
		if err != nil {
			return kubeletArgs{}, err
		}
		parsed.reserved = append(parsed.reserved, reserved)
	}
	if value, given := args["max-pods"]; given {
		if parsed.maxPods, err = strconv.ParseInt(value, 10, 32); err != nil {
			return kubeletArgs{}, fmt.Errorf("kubelet flag max-pods: %q is not a number", value)
		}
	}
	return parsed, nil
}

// pairs cuts "a=1,b=2" apart.
func pairs(name, value, operator string) (map[string]string, error) {
	found := map[string]string{}
	for pair := range strings.SplitSeq(value, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, content, ok := strings.Cut(pair, operator)
		if !ok {
			return nil, fmt.Errorf("kubelet flag %s: %q has no %q", name, pair, operator)
		}
		found[strings.TrimSpace(key)] = strings.TrimSpace(content)
	}
	return found, nil
}

func resources(name, value string) (corev1.ResourceList, error) {
	found, err := pairs(name, value, "=")
	if err != nil {
		return nil, err
	}
	list := corev1.ResourceList{}
	for key, content := range found {
		quantity, err := resource.ParseQuantity(content)
		if err != nil {
			return nil, fmt.Errorf("kubelet flag %s: %s=%q: %w", name, key, content, err)
		}
		list[corev1.ResourceName(key)] = quantity
	}
	return list, nil
}
