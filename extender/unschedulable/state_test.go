package unschedulable_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

var (
	now   = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	rules = unschedulable.Rules{SchedulerNames: []string{"default-scheduler", "second"}, FallbackAge: time.Minute}
)

// fresh is a pod that the scheduler has had no time for yet.
func fresh(name string) *build.PodBuilder { return build.Pod(name).Created(now) }

func TestStateOfOnePod(t *testing.T) {
	tests := map[string]struct {
		pod  *build.PodBuilder
		want unschedulable.State
	}{
		"refused by the scheduler":            {fresh("p").Unschedulable(), unschedulable.Flagged},
		"refused by another that counts":      {fresh("p").Scheduler("second").Unschedulable(), unschedulable.Flagged},
		"not looked at yet":                   {fresh("p"), unschedulable.Fresh},
		"the scheduler failed for itself":     {fresh("p").Scheduled(corev1.ConditionFalse, corev1.PodReasonSchedulerError), unschedulable.Erred},
		"refused before it was changed":       {fresh("p").Generation(1).Unschedulable().Generation(2), unschedulable.Fresh},
		"refused after it was changed":        {fresh("p").Generation(2).Unschedulable(), unschedulable.Flagged},
		"waiting just below the fallback age": {fresh("p").Created(now.Add(-time.Minute + time.Nanosecond)), unschedulable.Fresh},
		"waiting for the fallback age":        {fresh("p").Created(now.Add(-time.Minute)), unschedulable.Aged},
		"old, and the scheduler failed": {fresh("p").Created(now.Add(-time.Hour)).Scheduled(corev1.ConditionFalse, corev1.PodReasonSchedulerError),
			unschedulable.Aged},
		"bound":                     {fresh("p").On("n"), unschedulable.Bound},
		"bound after a refusal":     {fresh("p").Unschedulable().On("n"), unschedulable.Bound},
		"succeeded":                 {fresh("p").Unschedulable().Phase(corev1.PodSucceeded), unschedulable.Done},
		"failed":                    {fresh("p").Unschedulable().Phase(corev1.PodFailed), unschedulable.Done},
		"being deleted":             {fresh("p").Unschedulable().Terminating(now), unschedulable.Done},
		"gated":                     {fresh("p").Unschedulable().Gated(), unschedulable.Gated},
		"gated for long":            {fresh("p").Created(now.Add(-time.Hour)).Gated(), unschedulable.Gated},
		"made room for":             {fresh("p").Unschedulable().Nominated("n"), unschedulable.Nominated},
		"of a DaemonSet":            {fresh("p").Unschedulable().OwnedBy("DaemonSet", "logs"), unschedulable.Daemon},
		"a mirror pod":              {fresh("p").Unschedulable().Mirror(), unschedulable.Daemon},
		"of another scheduler":      {fresh("p").Unschedulable().Scheduler("volcano"), unschedulable.Foreign},
		"of another scheduler, old": {fresh("p").Created(now.Add(-time.Hour)).Scheduler("volcano"), unschedulable.Foreign},
	}
	waits := map[unschedulable.State]bool{unschedulable.Flagged: true, unschedulable.Sibling: true, unschedulable.Queued: true,
		unschedulable.Aged: true}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := rules.Judge([]*corev1.Pod{test.pod.Obj()}, now)[0]
			if got != test.want {
				t.Errorf("state %s, want %s", got, test.want)
			}
			if got.Waits() != waits[got] {
				t.Errorf("Waits of %s = %t", got, got.Waits())
			}
		})
	}
}

func TestSiblingsOfARefusedPodCountAtOnce(t *testing.T) {
	pods := []*corev1.Pod{
		fresh("before").OwnedBy("ReplicaSet", "web").Obj(),
		fresh("refused").OwnedBy("ReplicaSet", "web").Unschedulable().Obj(),
		fresh("after").OwnedBy("ReplicaSet", "web").Obj(),
		fresh("gated").OwnedBy("ReplicaSet", "web").Gated().Obj(),
		fresh("running").OwnedBy("ReplicaSet", "web").On("n").Obj(),
		fresh("failed").OwnedBy("ReplicaSet", "web").Scheduled(corev1.ConditionFalse, corev1.PodReasonSchedulerError).Obj(),
		fresh("other").OwnedBy("ReplicaSet", "api").Obj(),
		fresh("alone").Obj(),
		fresh("alone-refused").Unschedulable().Obj(),
	}
	want := []unschedulable.State{
		unschedulable.Sibling, unschedulable.Flagged, unschedulable.Sibling, unschedulable.Gated, unschedulable.Bound,
		unschedulable.Sibling, unschedulable.Fresh, unschedulable.Fresh, unschedulable.Flagged,
	}
	if diff := cmp.Diff(want, rules.Judge(pods, now)); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestPodsThatTheSchedulerPassesOverCountASecondAfterARefusal(t *testing.T) {
	refusal := func(ago time.Duration) *corev1.Pod {
		pod := fresh("refused").Created(now.Add(-10 * time.Second)).Unschedulable().Obj()
		pod.Status.Conditions[0].LastTransitionTime.Time = now.Add(-ago)
		return pod
	}
	tests := map[string]struct {
		refused time.Duration // before now
		created time.Duration
		want    unschedulable.State
	}{
		"there at the refusal, a second ago":      {time.Second, time.Second, unschedulable.Queued},
		"there long before the refusal":           {time.Second, 5 * time.Second, unschedulable.Queued},
		"the refusal is not a second ago":         {time.Second - 1, 5 * time.Second, unschedulable.Fresh},
		"came after the refusal":                  {time.Second, time.Second - 1, unschedulable.Fresh},
		"came after the refusal, long ago by now": {9 * time.Second, 8 * time.Second, unschedulable.Fresh},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pods := []*corev1.Pod{fresh("p").Created(now.Add(-test.created)).Obj(), refusal(test.refused)}
			if got := rules.Judge(pods, now)[0]; got != test.want {
				t.Errorf("state %s, want %s", got, test.want)
			}
		})
	}
}

func TestEveryStateExplainsItself(t *testing.T) {
	tests := map[string]struct {
		pod  *build.PodBuilder
		want string
	}{
		"flagged":   {fresh("p").Unschedulable().Message("0/3 nodes are available"), "kube-scheduler found no node: 0/3 nodes are available"},
		"no words":  {fresh("p").Unschedulable(), "kube-scheduler found no node: no message"},
		"erred":     {fresh("p").Scheduled(corev1.ConditionFalse, corev1.PodReasonSchedulerError).Message("timeout"), "kube-scheduler failed and tries again: timeout"},
		"gated":     {fresh("p").Gated(), `scheduling gate "example.com/gate" holds it back`},
		"nominated": {fresh("p").Nominated("n"), "it is nominated for node n: it was planned for it, or others make room for it there, or it is about to be bound"},
		"foreign":   {fresh("p").Scheduler("volcano"), `scheduler "volcano" is responsible, whose pods get no nodes from here`},
		"bound":     {fresh("p").On("n"), "it has node n"},
		"fresh":     {fresh("p"), "kube-scheduler has not come to it yet"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pod := test.pod.Obj()
			if got := rules.Judge([]*corev1.Pod{pod}, now)[0].Explain(pod); got != test.want {
				t.Errorf("explanation %q, want %q", got, test.want)
			}
		})
	}
	seen := map[string]unschedulable.State{}
	for _, state := range []unschedulable.State{unschedulable.Sibling, unschedulable.Queued, unschedulable.Aged, unschedulable.Fresh,
		unschedulable.Daemon, unschedulable.Done} {
		text := state.Explain(fresh("p").Obj())
		if other, known := seen[text]; known {
			t.Errorf("%s and %s have the same explanation %q", state, other, text)
		}
		seen[text] = state
	}
}
