package conformance

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// judgePreemption asks whether some node takes a pod that waits for preemption, once the pods of lower priority have left that node.
// The plan's pods on existing nodes may be there already or not, so either will do.
func (j *judge) judgePreemption() error {
	for i := range j.plan.Left {
		left := &j.plan.Left[i]
		if left.Reason != plan.ReasonPreemption {
			continue
		}
		j.verdict.Judged[string(left.Reason)]++
		early, err := j.preempts(left.Pod, nil)
		if err != nil {
			return err
		}
		late, err := j.preempts(left.Pod, j.placed)
		if err != nil {
			return err
		}
		if !early && !late {
			j.disagree(Disagreement{Kind: KindPreemption, Pod: left.Pod, Planner: says(left),
				Accepts: "no node takes it, even when all pods of lower priority have left that node"})
		}
	}
	return nil
}

func (j *judge) preempts(pod *corev1.Pod, inPlace []placement) (bool, error) {
	weaker := func(p *corev1.Pod) bool { return priority(p) < priority(pod) }
	for _, node := range j.before.names() {
		fewer := *j.before
		fewer.bound = slices.DeleteFunc(slices.Clone(fewer.bound), func(p *corev1.Pod) bool { return p.Spec.NodeName == node && weaker(p) })
		others := slices.DeleteFunc(slices.Clone(inPlace), func(p placement) bool { return p.node == node && weaker(p.pod) })
		if err := j.enter(&fewer, others); err != nil {
			return false, err
		}
		if j.accepting(pod, []string{node}) != "" {
			return true, nil
		}
	}
	return false, nil
}

func priority(pod *corev1.Pod) int32 { return ptr.Deref(pod.Spec.Priority, 0) }
