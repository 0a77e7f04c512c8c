package budget

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// Watch has the caches hold what the handler asks for, before the first request does.
func Watch(ctx context.Context, informers cache.Informers) error {
	for _, kind := range []client.Object{
		&corev1.Pod{}, &policyv1.PodDisruptionBudget{}, &appsv1.Deployment{}, &appsv1.StatefulSet{}, &appsv1.ReplicaSet{},
	} {
		if _, err := informers.GetInformer(ctx, kind, cache.BlockUntilSynced(false)); err != nil {
			return fmt.Errorf("watch %T: %w", kind, err)
		}
	}
	return nil
}

// match is something that the budget selects, by the labels of its pods.
type match struct {
	of     string
	labels labels.Set
}

// survey looks for all that a budget selects. What the reader gives is not changed.
type survey struct {
	reader    client.Reader
	situation *Situation
	selector  labels.Selector
	matches   []match
	// known are the controllers of pods whose replicas are counted.
	known map[types.UID]bool
}

// gather finds out what a budget selects in its namespace.
func gather(ctx context.Context, reader client.Reader, budget *policyv1.PodDisruptionBudget) (*Situation, error) {
	selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
	if err != nil {
		return nil, fmt.Errorf("spec.selector: %w", err)
	}
	s := &survey{reader: reader, situation: &Situation{Budget: budget}, selector: selector, known: map[types.UID]bool{}}
	if budget.Spec.Selector == nil {
		return s.situation, nil
	}
	for _, step := range []func(context.Context) error{s.deployments, s.statefulSets, s.replicaSets, s.pods, s.rivals} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return s.situation, nil
}

func (s *survey) list(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	options = append(options, client.InNamespace(s.situation.Budget.Namespace), client.UnsafeDisableDeepCopy)
	if err := s.reader.List(ctx, list, options...); err != nil {
		return fmt.Errorf("list %T: %w", list, err)
	}
	return nil
}

// owner takes note of a controller whose pods are selected.
func (s *survey) owner(kind string, object client.Object, replicas *int32, template *corev1.PodTemplateSpec) {
	if !s.selector.Matches(labels.Set(template.Labels)) {
		return
	}
	s.known[object.GetUID()] = true
	wants := 1
	if replicas != nil {
		wants = int(*replicas)
	}
	s.situation.Owners = append(s.situation.Owners, Owner{Kind: kind, Name: object.GetName(), Replicas: wants})
	s.matches = append(s.matches, match{of: kind + " " + object.GetName(), labels: template.Labels})
}

func (s *survey) deployments(ctx context.Context) error {
	var list appsv1.DeploymentList
	err := s.list(ctx, &list)
	for i := range list.Items {
		s.owner("Deployment", &list.Items[i], list.Items[i].Spec.Replicas, &list.Items[i].Spec.Template)
	}
	return err
}

func (s *survey) statefulSets(ctx context.Context) error {
	var list appsv1.StatefulSetList
	err := s.list(ctx, &list)
	for i := range list.Items {
		s.owner("StatefulSet", &list.Items[i], list.Items[i].Spec.Replicas, &list.Items[i].Spec.Template)
	}
	return err
}

// replicaSets are those that stand for themselves. Those of a Deployment that counts are counted with it.
func (s *survey) replicaSets(ctx context.Context) error {
	var list appsv1.ReplicaSetList
	err := s.list(ctx, &list)
	for i := range list.Items {
		set := &list.Items[i]
		if above := metav1.GetControllerOfNoCopy(set); above != nil && s.known[above.UID] {
			s.known[set.UID] = true
			continue
		}
		if replicas := set.Spec.Replicas; replicas == nil || *replicas > 0 {
			s.owner("ReplicaSet", set, replicas, &set.Spec.Template)
		}
	}
	return err
}

func (s *survey) pods(ctx context.Context) error {
	var list corev1.PodList
	err := s.list(ctx, &list, client.MatchingLabelsSelector{Selector: s.selector})
	for i := range list.Items {
		pod := &list.Items[i]
		if workload.Finished(pod) || pod.DeletionTimestamp != nil {
			continue
		}
		s.situation.Pods = append(s.situation.Pods, pod)
		if owner := metav1.GetControllerOfNoCopy(pod); owner == nil || !s.known[owner.UID] {
			s.situation.Strays++
			s.matches = append(s.matches, match{of: "pod " + pod.Name, labels: pod.Labels})
		}
	}
	slices.SortFunc(s.situation.Pods, func(a, b *corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return err
}

func (s *survey) rivals(ctx context.Context) error {
	var list policyv1.PodDisruptionBudgetList
	err := s.list(ctx, &list)
	slices.SortFunc(s.matches, func(a, b match) int { return cmp.Compare(a.of, b.of) })
	for i := range list.Items {
		rival := &list.Items[i]
		if rival.Name == s.situation.Budget.Name || rival.DeletionTimestamp != nil {
			continue
		}
		selector, err := metav1.LabelSelectorAsSelector(rival.Spec.Selector)
		if err != nil {
			continue // the API server takes such a budget to match nothing
		}
		for _, match := range s.matches {
			if selector.Matches(match.labels) {
				s.situation.Rivals = append(s.situation.Rivals, Rival{Name: rival.Name, Of: match.of})
				break
			}
		}
	}
	slices.SortFunc(s.situation.Rivals, func(a, b Rival) int { return cmp.Compare(a.Name, b.Name) })
	return err
}
