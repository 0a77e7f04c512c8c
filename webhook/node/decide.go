package node

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Reason says why a request is refused.
type Reason string

// Reasons for refusals.
const (
	// WorkloadsLeft says that pods which have to move still run on a Node that is to be deleted.
	WorkloadsLeft Reason = "WorkloadsLeft"
	// NotDrained says that an empty Node is to be deleted to which a pod may be bound at any moment.
	NotDrained Reason = "NotDrained"
	// NoExecuteTaint says that a taint would delete pods at once.
	NoExecuteTaint Reason = "NoExecuteTaint"
)

// Situation is all that a decision looks at.
type Situation struct {
	// Node is as it is stored: what the request makes of its labels does not count.
	Node *corev1.Node
	// Override is why the rules are to be set aside; empty means that they hold.
	Override string
	// Added are the NoExecute taints that the request adds or changes; none for a deletion.
	Added []corev1.Taint
	// Pods are those on the Node.
	Pods []*corev1.Pod
	// VPSieNode is what the Node came from; nil means that it is gone.
	VPSieNode *v1alpha1.VPSieNode
	// Trusted says that the autoscaler or a controller of Kubernetes asks.
	Trusted bool
}

// Refusal is one reason against a request, with the remedy in its message.
type Refusal struct {
	Reason  Reason
	Message string
}

// Verdict is the answer to one request. The zero value allows it.
type Verdict struct {
	// Refusal is nil when the request is allowed.
	Refusal *Refusal
	// Overruled is what would have been the refusal, had it not been overridden.
	Overruled *Refusal
	// Warnings are for whoever asks.
	Warnings []string
}

// A rule decides, or gives nil to leave that to the next one.
type rule func(*Situation) *Verdict

// deletion are the rules for the deletion of a Node. What is left when all have passed is allowed.
var deletion = []rule{
	foreign,       // never touch what is not ours
	trusted,       // our own drain has emptied it; Kubernetes' controllers remove the Nodes of machines that are gone
	leaving,       // it has been decided already, and only waits for a finalizer
	lost,          // the pods are lost with or without the Node
	workloadsLeft, // they would vanish without their budgets being asked
	notDrained,    // a pod may be bound in this very moment
	machineStays,
}

// tainting are the rules for NoExecute taints.
var tainting = []rule{
	foreign,
	trusted,
	lost,
	noExecute,
}

// DecideDeletion says whether a Node may be deleted.
func DecideDeletion(s *Situation) Verdict { return decide(s, deletion) }

// DecideTaints says whether NoExecute taints may be added to a Node.
func DecideTaints(s *Situation) Verdict { return decide(s, tainting) }

func decide(s *Situation, rules []rule) Verdict {
	for _, rule := range rules {
		verdict := rule(s)
		if verdict == nil {
			continue
		}
		if verdict.Refusal != nil && strings.TrimSpace(s.Override) != "" {
			verdict.Refusal, verdict.Overruled = nil, verdict.Refusal
		}
		return *verdict
	}
	return Verdict{}
}

func refuse(reason Reason, message string) *Verdict {
	return &Verdict{Refusal: &Refusal{Reason: reason, Message: message}}
}

func allow(warnings ...string) *Verdict { return &Verdict{Warnings: warnings} }
