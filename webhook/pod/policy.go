package pod

import (
	"fmt"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Policy says what happens to a pod with findings. The zero value is PolicyWarn.
type Policy string

// Policies.
const (
	// PolicyWarn lets the pod be created and tells its author.
	PolicyWarn Policy = "warn"
	// PolicyDeny refuses the pod, unless its findings are doubts only.
	PolicyDeny Policy = "deny"
	// PolicyOff says nothing.
	PolicyOff Policy = "off"
)

// ParsePolicy reads a policy as it is written in the configuration and in the label autoscaler.vpsie.com/pod-validation of a
// namespace.
func ParsePolicy(text string) (Policy, error) {
	switch p := Policy(text); p {
	case PolicyWarn, PolicyDeny, PolicyOff:
		return p, nil
	}
	return "", fmt.Errorf("pod policy %q: want %s, %s or %s", text, PolicyWarn, PolicyDeny, PolicyOff)
}

// policyOf is that of a namespace with the given labels. A value that is no policy counts as none.
func policyOf(labels map[string]string, byDefault Policy) Policy {
	if own, err := ParsePolicy(labels[v1alpha1.LabelPodValidation]); err == nil {
		return own
	}
	return byDefault
}
