package budget

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// Situation is all that Doubts looks at: a budget and what its selector matches in its namespace at the moment.
type Situation struct {
	Budget *policyv1.PodDisruptionBudget
	// Pods are those that the budget selects and that have not finished.
	Pods []*corev1.Pod
	// Strays is how many of the pods belong to none of the Owners.
	Strays int
	// Owners are the controllers whose pods the budget selects, or would select once there are any.
	Owners []Owner
	// Rivals are the other budgets that select any of these pods, or pods of these controllers.
	Rivals []Rival
}

// Owner is a controller that makes pods and says how many there shall be.
type Owner struct {
	// Kind and Name tell people which one is meant.
	Kind, Name string
	// Replicas is how many pods it wants.
	Replicas int
}

// Rival is another budget for the same pods.
type Rival struct {
	// Name is that of the budget.
	Name string
	// Of is what both select, such as "pod web-1" or "Deployment web".
	Of string
}

// A doubt is one sentence about a budget, or empty.
type doubt func(*Situation) string

// doubts in the order in which they are told; each is independent of the others.
var doubts = []doubt{
	neverByItself,
	neverAtThisSize,
	notCounted,
	protectsNothing,
	overlaps,
}

// Doubts says what the author of a budget should know.
func Doubts(s *Situation) []string {
	var told []string
	for _, doubt := range doubts {
		if text := doubt(s); text != "" {
			told = append(told, text)
		}
	}
	return told
}

// notCounted finds pods that Kubernetes cannot count where the budget is a share of, or a difference to, what their controller wants.
func notCounted(s *Situation) string {
	field := relative(s.Budget)
	first, others := "", -1
	for _, pod := range s.Pods {
		if !countable(pod) {
			others++
			first = cmp.Or(first, pod.Name)
		}
	}
	if field == "" || others < 0 {
		return ""
	}
	lacking := first + " lacks"
	if others > 0 {
		lacking = first + and(others) + " lack"
	}
	return fmt.Sprintf("%s needs controllers with a scale, which pod %s: use a number in minAvailable", field, lacking)
}

// countable reports whether a pod has a controller that may have a scale. Those of Kubernetes that have none are known.
func countable(pod *corev1.Pod) bool {
	owner := metav1.GetControllerOfNoCopy(pod)
	return owner != nil && owner.Kind != "Job" && !workload.OfNode(pod)
}

func protectsNothing(s *Situation) string {
	if len(s.Pods) > 0 || len(s.Owners) > 0 {
		return ""
	}
	if s.Budget.Spec.Selector == nil {
		return "spec.selector is missing: the budget selects no pod; {} selects all of the namespace"
	}
	return "spec.selector matches no pod and no pod template in the namespace at the moment"
}

func overlaps(s *Situation) string {
	if len(s.Rivals) == 0 {
		return ""
	}
	first := s.Rivals[0]
	return fmt.Sprintf("%s is also selected by PodDisruptionBudget %s%s: evictions of pods with two budgets fail", first.Of, first.Name, and(len(s.Rivals)-1))
}

// and tells how many others there are beside the one that is named.
func and(others int) string {
	if others == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", others)
}
