package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/webhook/eviction/rules"
)

// noon is the time of every decision in these tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// change makes a snapshot differ from the plain one.
type change func(*rules.Snapshot)

// snapshot is of a ready pod "p" of the Deployment web, which wants three, has three and rolls out nothing. Nothing is against its
// eviction.
func snapshot(changes ...change) rules.Snapshot {
	pod := build.Pod("p").On("n").OwnedBy("ReplicaSet", "web-1").Created(noon.Add(-time.Hour)).Obj()
	pod.Spec.RestartPolicy = corev1.RestartPolicyAlways
	s := rules.Snapshot{Pod: pod, Now: noon, Owner: rules.Owner{
		Deployment: deployment(), Crew: rules.Crew{Live: 3, OthersReady: 2, Changed: noon.Add(-time.Hour)},
	}}
	ready(corev1.ConditionTrue)(&s)
	for _, change := range changes {
		change(&s)
	}
	return s
}

func deployment() *appsv1.Deployment {
	three := int32(3)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Generation: 7},
		Spec:       appsv1.DeploymentSpec{Replicas: &three},
		Status: appsv1.DeploymentStatus{
			ObservedGeneration: 7, Replicas: 3, UpdatedReplicas: 3, AvailableReplicas: 3,
			Conditions: []appsv1.DeploymentCondition{{
				Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable",
			}},
		},
	}
}

func statefulSet() *appsv1.StatefulSet {
	three := int32(3)
	return &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "db", Generation: 4},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &three, UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType},
		},
		Status: appsv1.StatefulSetStatus{
			ObservedGeneration: 4, CurrentRevision: "a", UpdateRevision: "a", UpdatedReplicas: 3, AvailableReplicas: 3,
		},
	}
}

func ready(status corev1.ConditionStatus) change {
	return func(s *rules.Snapshot) {
		s.Pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: status}}
	}
}

func annotated(key, value string) change {
	return func(s *rules.Snapshot) { metav1.SetMetaDataAnnotation(&s.Pod.ObjectMeta, key, value) }
}

func matchedBy(names ...string) change {
	return func(s *rules.Snapshot) {
		for _, name := range names {
			s.Budgets = append(s.Budgets, &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
	}
}

func crew(live, othersReady int) change {
	return func(s *rules.Snapshot) { s.Owner.Crew.Live, s.Owner.Crew.OthersReady = live, othersReady }
}

// owned puts another owner in place of the Deployment.
func owned(kind, name string, owner rules.Owner) change {
	return func(s *rules.Snapshot) {
		owner.Crew = s.Owner.Crew
		s.Owner = owner
		s.Pod.OwnerReferences = build.Pod("p").OwnedBy(kind, name).Obj().OwnerReferences
	}
}

// wantVerdict checks the reasons of the refusals and that their messages contain texts.
func wantVerdict(t *testing.T, s rules.Snapshot, reason rules.Reason, texts ...string) {
	t.Helper()
	before := s.Pod.DeepCopy()
	verdict := rules.Decide(s)
	if !equality.Semantic.DeepEqual(s.Pod, before) {
		t.Error("the decision changed the pod")
	}
	var reasons []rules.Reason
	var messages []string
	for _, refusal := range verdict.Refusals {
		reasons, messages = append(reasons, refusal.Reason), append(messages, refusal.Message)
	}
	want := []rules.Reason{reason}
	if reason == "" {
		want = nil
	}
	if !slices.Equal(reasons, want) || verdict.Allowed() != (reason == "") {
		t.Fatalf("refused for %v %q, want %v", reasons, messages, want)
	}
	for _, text := range texts {
		if !strings.Contains(strings.Join(messages, "\n"), text) {
			t.Errorf("messages %q, want %q in them", messages, text)
		}
	}
}
