package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// everything is against the eviction.
func everything(s *rules.Snapshot) {
	matchedBy("b", "a")(s)
	annotated(v1alpha1.AnnotationDoNotDisrupt, "true")(s)
	s.Owner.Deployment.Generation++
	s.Pace = rules.Pace{Limit: 1, Evicted: 1}
}

func TestPodsWhoseEvictionDisruptsNothingMayGo(t *testing.T) {
	daemon := build.Pod("p").OwnedBy("DaemonSet", "logs").Obj().OwnerReferences
	now := metav1.NewTime(noon)
	cases := map[string]change{
		"a pod that nobody knows":    func(s *rules.Snapshot) { s.Pod = nil },
		"a pending pod":              func(s *rules.Snapshot) { s.Pod.Status.Phase = corev1.PodPending },
		"a pod that succeeded":       func(s *rules.Snapshot) { s.Pod.Status.Phase = corev1.PodSucceeded },
		"a pod that failed":          func(s *rules.Snapshot) { s.Pod.Status.Phase = corev1.PodFailed },
		"a pod on its way out":       func(s *rules.Snapshot) { s.Pod.DeletionTimestamp = &now },
		"a pod of a DaemonSet":       func(s *rules.Snapshot) { s.Pod.OwnerReferences = daemon },
		"the mirror of a static pod": annotated(corev1.MirrorPodAnnotationKey, "static"),
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if verdict := rules.Decide(snapshot(everything, c)); !verdict.Allowed() || verdict.Override != nil || verdict.Warnings != nil {
				t.Errorf("verdict %+v, want a plain yes", verdict)
			}
		})
	}
}

func TestPlainReplicaMayGo(t *testing.T) {
	wantVerdict(t, snapshot(), "")
}

func TestPodsOfALostNodeMayGo(t *testing.T) {
	lost := func(s *rules.Snapshot) { s.NodeLost = true }
	held := annotated("karpenter.sh/do-not-disrupt", "true")
	updated := func(s *rules.Snapshot) { s.Owner.Deployment.Generation++ }
	wantVerdict(t, snapshot(held, lost, ready(corev1.ConditionFalse)), "")
	wantVerdict(t, snapshot(updated, lost, ready(corev1.ConditionFalse)), "")
	wantVerdict(t, snapshot(matchedBy("a", "b"), lost), rules.SeveralBudgets)
}

func TestEveryReasonIsGivenAtOnceInOrder(t *testing.T) {
	var got []rules.Reason
	for _, refusal := range rules.Decide(snapshot(everything)).Refusals {
		got = append(got, refusal.Reason)
	}
	want := []rules.Reason{rules.SeveralBudgets, rules.DoNotDisrupt, rules.MidRollout, rules.TooFast}
	if !slices.Equal(got, want) {
		t.Errorf("reasons %v, want %v", got, want)
	}
}

func TestOverrideSetsAsideWhatIsOurs(t *testing.T) {
	held := func(s *rules.Snapshot) { annotated("karpenter.sh/do-not-disrupt", "true")(s); crew(3, 0)(s) }
	onNode := func(why string) change { return func(s *rules.Snapshot) { s.NodeOverride = why } }
	cases := map[string]struct {
		override  change
		on, why   string
		overruled []rules.Reason
	}{
		"on the pod":         {annotated(v1alpha1.AnnotationEvictionOverride, "disk on fire"), "Pod p", "disk on fire", []rules.Reason{rules.DoNotDisrupt, rules.LastReady}},
		"on its Node":        {onNode("disk on fire"), "Node n", "disk on fire", []rules.Reason{rules.DoNotDisrupt, rules.LastReady}},
		"a long one":         {onNode(strings.Repeat("ö", 4000)), "Node n", strings.Repeat("ö", 50) + "...", []rules.Reason{rules.DoNotDisrupt, rules.LastReady}},
		"without a reason":   {onNode(" "), "", "", nil},
		"that has no effect": {func(s *rules.Snapshot) { *s = snapshot(onNode("why")) }, "", "", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			verdict := rules.Decide(snapshot(held, c.override))
			if c.overruled == nil {
				if verdict.Override != nil {
					t.Errorf("override %+v, want none", verdict.Override)
				}
				return
			}
			var overruled []rules.Reason
			for _, refusal := range verdict.Overruled {
				overruled = append(overruled, refusal.Reason)
			}
			if !verdict.Allowed() || verdict.Override == nil || *verdict.Override != (rules.Override{Why: c.why, On: c.on}) || !slices.Equal(overruled, c.overruled) {
				t.Errorf("verdict %+v, override %+v", verdict, verdict.Override)
			}
		})
	}
}

func TestOverrideWithoutAReasonHoldsNothingBack(t *testing.T) {
	wantVerdict(t, snapshot(crew(3, 0), annotated(v1alpha1.AnnotationEvictionOverride, " ")), rules.LastReady)
}

func TestSeveralBudgetsHoldAPodWhateverTheOverride(t *testing.T) {
	override := annotated(v1alpha1.AnnotationEvictionOverride, "why")
	wantVerdict(t, snapshot(matchedBy("b", "a")), rules.SeveralBudgets, "2 PodDisruptionBudgets match pod p", "all but one of a, b,", "spec.selector")
	wantVerdict(t, snapshot(matchedBy("b", "a"), override), rules.SeveralBudgets)
	wantVerdict(t, snapshot(matchedBy("1", "2", "3", "4", "5", "6", "7")), rules.SeveralBudgets, "1, 2, 3, 4, 5 and 2 more")
	wantVerdict(t, snapshot(matchedBy("a")), "")
}

func TestLastReadyReplicaIsHeld(t *testing.T) {
	replicas := func(count int32) change { return func(s *rules.Snapshot) { s.Owner.Deployment.Spec.Replicas = &count } }
	two, batch := int32(2), func(s *rules.Snapshot) { s.Pod.Spec.RestartPolicy = corev1.RestartPolicyNever }
	set := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "bare"}, Spec: appsv1.ReplicaSetSpec{Replicas: &two}}
	evicted := func(s *rules.Snapshot) {
		s.Pod.Status.Conditions = append(s.Pod.Status.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue})
	}
	cases := map[string]struct {
		changes []change
		held    bool
		text    string
	}{
		"the only ready one of three":             {[]change{crew(3, 0)}, true, "of 3 replicas of Deployment web only pod p is ready"},
		"the only one left of three":              {[]change{crew(1, 0)}, true, "PodDisruptionBudget"},
		"another one is ready":                    {[]change{crew(3, 1)}, false, ""},
		"it is not ready itself":                  {[]change{crew(3, 0), ready(corev1.ConditionFalse)}, false, ""},
		"its readiness is unknown":                {[]change{crew(3, 0), ready(corev1.ConditionUnknown)}, false, ""},
		"it is being evicted already":             {[]change{crew(3, 0), evicted}, false, ""},
		"a budget speaks for it":                  {[]change{crew(3, 0), matchedBy("a")}, false, ""},
		"one is wanted":                           {[]change{crew(1, 0), replicas(1)}, false, ""},
		"none is wanted any more":                 {[]change{crew(2, 0), replicas(0)}, false, ""},
		"nobody said how many are wanted":         {[]change{crew(1, 0), func(s *rules.Snapshot) { s.Owner.Deployment.Spec.Replicas = nil }}, false, ""},
		"of a StatefulSet":                        {[]change{crew(3, 0), owned("StatefulSet", "db", rules.Owner{StatefulSet: statefulSet()})}, true, "StatefulSet db"},
		"of a bare ReplicaSet":                    {[]change{crew(2, 0), owned("ReplicaSet", "bare", rules.Owner{ReplicaSet: set})}, true, "of 2 replicas of ReplicaSet bare"},
		"of a controller of another kind":         {[]change{crew(2, 0), owned("CloneSet", "c", rules.Owner{})}, true, "of 2 replicas of CloneSet c"},
		"of another kind, and alone":              {[]change{crew(1, 0), owned("CloneSet", "c", rules.Owner{})}, false, ""},
		"a piece of work, others being under way": {[]change{crew(2, 0), owned("Job", "j", rules.Owner{}), batch}, false, ""},
		"it has no controller":                    {[]change{crew(0, 0), owned("", "", rules.Owner{}), func(s *rules.Snapshot) { s.Pod.OwnerReferences = nil }}, false, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			reason := rules.Reason("")
			if c.held {
				reason = rules.LastReady
			}
			wantVerdict(t, snapshot(c.changes...), reason, c.text)
		})
	}
}

func TestClusterEvictsNoFasterThanItMay(t *testing.T) {
	at := func(limit, evicted int) change {
		return func(s *rules.Snapshot) {
			s.Pace = rules.Pace{Limit: limit, Evicted: evicted, Free: noon.Add(12 * time.Second)}
		}
	}
	wantVerdict(t, snapshot(at(0, 1000)), "")
	wantVerdict(t, snapshot(at(10, 9)), "")
	wantVerdict(t, snapshot(at(10, 10)), rules.TooFast, "evicted 10 pods in the last minute and may evict 10 (webhook.evictionsPerMinute): wait 12s")
	wantVerdict(t, snapshot(at(10, 17), func(s *rules.Snapshot) { s.Now = noon.Add(time.Hour) }), rules.TooFast, "wait 0s")
}

func TestWhatAnAllowedEvictionCostsIsToldFirst(t *testing.T) {
	one := func(s *rules.Snapshot) { count := int32(1); s.Owner.Deployment.Spec.Replicas = &count; crew(1, 0)(s) }
	alone := func(s *rules.Snapshot) { s.Pod.OwnerReferences, s.Owner = nil, rules.Owner{} }
	cases := map[string]struct {
		changes []change
		want    []string
	}{
		"one of several":                 {nil, nil},
		"the only replica":               {[]change{one}, []string{"pod p is the only replica of Deployment web, which is down until it has been replaced"}},
		"the only replica, and stand-in": {[]change{one, crew(2, 1)}, nil},
		"the only replica with a budget": {[]change{one, matchedBy("a")}, nil},
		"the only replica, not ready":    {[]change{one, ready(corev1.ConditionFalse)}, nil},
		"a pod that nobody makes anew":   {[]change{alone}, []string{"pod p has no controller: nobody makes it anew"}},
		"a refused one":                  {[]change{alone, annotated("karpenter.sh/do-not-disrupt", "true")}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := rules.Decide(snapshot(c.changes...)).Warnings; !slices.Equal(got, c.want) {
				t.Errorf("warnings %q, want %q", got, c.want)
			}
		})
	}
}
