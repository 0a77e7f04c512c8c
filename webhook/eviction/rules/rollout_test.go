package rules_test

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

func TestRolloutOfADeploymentHoldsItsPods(t *testing.T) {
	says := func(status corev1.ConditionStatus, reason string) func(*appsv1.Deployment) {
		return func(d *appsv1.Deployment) {
			d.Status.Conditions[0].Status, d.Status.Conditions[0].Reason = status, reason
		}
	}
	silent := func(d *appsv1.Deployment) { d.Status.Conditions = nil }
	counts := func(all, updated, available int32) func(*appsv1.Deployment) {
		return func(d *appsv1.Deployment) {
			d.Status.Replicas, d.Status.UpdatedReplicas, d.Status.AvailableReplicas = all, updated, available
		}
	}
	const busy, yes, no = "ReplicaSetUpdated", corev1.ConditionTrue, corev1.ConditionFalse
	type changes = []func(*appsv1.Deployment)
	cases := map[string]struct {
		deployment changes
		quiet      time.Duration // since the last change of a pod
		text       string        // empty if the pod may go
	}{
		"nothing is rolled out":               {nil, 0, ""},
		"a pod was lost since the rollout":    {changes{counts(3, 3, 2)}, 0, ""},
		"the number was raised":               {changes{counts(2, 2, 2)}, 0, ""},
		"one of three is updated":             {changes{says(yes, busy), counts(4, 1, 3)}, 0, "Deployment web is in the middle of a rollout, 1 of 3 pods updated, 3 available"},
		"old pods remain":                     {changes{says(yes, busy), counts(4, 3, 3)}, 0, "3 of 3 pods updated"},
		"the new pods are not available":      {changes{says(yes, busy), counts(3, 3, 1)}, 0, "1 available"},
		"the change is not taken up":          {changes{func(d *appsv1.Deployment) { d.Generation = 8 }}, time.Hour, "has not taken that up"},
		"complete by an old condition":        {changes{counts(3, 1, 3)}, 0, "1 of 3 pods updated"},
		"everything is in place already":      {changes{says(yes, busy), counts(3, 3, 3)}, 0, ""},
		"the deadline has passed":             {changes{says(no, "ProgressDeadlineExceeded"), counts(4, 1, 3)}, 0, ""},
		"no pod can be made":                  {changes{says(no, "ReplicaSetCreateError"), counts(3, 0, 3)}, 0, ""},
		"it is paused":                        {changes{says(yes, busy), counts(4, 1, 3), func(d *appsv1.Deployment) { d.Spec.Paused = true }}, 0, ""},
		"it takes long, its deadline decides": {changes{says(yes, busy), counts(4, 1, 3)}, time.Hour, "in the middle"},
		"no deadline, and under way":          {changes{silent, counts(4, 1, 3)}, 10*time.Minute - time.Second, "in the middle"},
		"no deadline, and nothing happens":    {changes{silent, counts(4, 1, 3)}, 10 * time.Minute, ""},
		"no deadline, and done":               {changes{silent}, 0, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := snapshot(func(s *rules.Snapshot) { s.Owner.Crew.Changed = noon.Add(-c.quiet) })
			for _, change := range c.deployment {
				change(s.Owner.Deployment)
			}
			wantVerdict(t, s, reasonIf(c.text), c.text)
		})
	}
}

func TestRolloutOfAStatefulSetHoldsItsPods(t *testing.T) {
	counts := func(update string, updated, available int32) func(*appsv1.StatefulSet) {
		return func(s *appsv1.StatefulSet) {
			s.Status.UpdateRevision, s.Status.UpdatedReplicas, s.Status.AvailableReplicas = update, updated, available
		}
	}
	partition := func(ordinal int32) func(*appsv1.StatefulSet) {
		return func(s *appsv1.StatefulSet) {
			s.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{Partition: &ordinal}
		}
	}
	onDelete := func(s *appsv1.StatefulSet) {
		s.Spec.UpdateStrategy = appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType}
	}
	type changes = []func(*appsv1.StatefulSet)
	cases := map[string]struct {
		set   changes
		quiet time.Duration
		text  string
	}{
		"nothing is rolled out":              {nil, 0, ""},
		"a pod was lost since the rollout":   {changes{counts("a", 3, 2)}, 0, ""},
		"one of three is updated":            {changes{counts("b", 1, 2)}, 0, "StatefulSet db is in the middle of a rollout, 1 of 3 pods updated, 2 available"},
		"the last one is not ready":          {changes{counts("b", 3, 2)}, 0, "3 of 3 pods updated, 2 available"},
		"the change is not taken up":         {changes{func(s *appsv1.StatefulSet) { s.Generation = 5 }}, time.Hour, "has not taken that up"},
		"behind the partition all is done":   {changes{counts("b", 1, 3), partition(2)}, 0, ""},
		"behind the partition one is left":   {changes{counts("b", 1, 3), partition(1)}, 0, "1 of 2 pods updated"},
		"everything is behind the partition": {changes{counts("b", 0, 3), partition(9)}, 0, ""},
		"a partition of nothing":             {changes{counts("b", 1, 3), partition(0)}, 0, "1 of 3 pods updated"},
		"pods are updated by their deletion": {changes{counts("b", 1, 3), onDelete}, 0, ""},
		"nothing has happened for long":      {changes{counts("b", 1, 2)}, 10 * time.Minute, ""},
		"something has happened":             {changes{counts("b", 1, 2)}, 9 * time.Minute, "in the middle"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			set := statefulSet()
			for _, change := range c.set {
				change(set)
			}
			wantVerdict(t, snapshot(owned("StatefulSet", "db", rules.Owner{StatefulSet: set}), func(s *rules.Snapshot) {
				s.Owner.Crew.Changed = noon.Add(-c.quiet)
			}), reasonIf(c.text), c.text)
		})
	}
}

// reasonIf is that of a rollout if there is something to say.
func reasonIf(text string) rules.Reason {
	if text == "" {
		return ""
	}
	return rules.MidRollout
}
