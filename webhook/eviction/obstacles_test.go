package eviction_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// obstacle keeps the pods of an app on the node.
type obstacle struct {
	// message is what the refusal says.
	message string
	// remove takes the obstacle away.
	remove func()
}

func TestDrainOfANodeWaitsForEveryObstacleAndEnds(t *testing.T) {
	s := newSite(t, "obstacles", 0)
	obstacles := s.prepare()

	s.eventually("a rehearsal to tell of the obstacles", func(ctx context.Context) error {
		waiting, _, err := s.drain(ctx, metav1.DryRunAll)
		return errors.Join(err, compare(waiting, obstacles))
	})

	// when the node is drained, what nothing holds goes, and everything else says why it waits
	s.cordon(s.drained, true)
	s.eventually("all but the obstacles to go", func(ctx context.Context) error {
		waiting, left, err := s.drain(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return errors.Join(compare(waiting, obstacles), only(left, len(obstacles)))
	})
	if !s.warned("pod free has no controller: nobody makes it anew") {
		t.Errorf("warnings %q", s.warnings)
	}

	// and each goes when its obstacle is taken away, and no other
	for _, app := range slices.Sorted(maps.Keys(obstacles)) {
		obstacles[app].remove()
		delete(obstacles, app)
		s.eventually(app+" to go", func(ctx context.Context) error {
			waiting, left, err := s.drain(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return errors.Join(compare(waiting, obstacles), only(left, len(obstacles)))
		})
	}
	s.eventually("the Event of the override", func(ctx context.Context) error {
		events, err := s.client.EventsV1().Events(s.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, event := range events.Items {
			if event.Reason == "EvictionOverridden" && event.Regarding.Name == "stubborn" && strings.Contains(event.Note, "disk on fire") {
				return nil
			}
		}
		return fmt.Errorf("none among %d events", len(events.Items))
	})
}

// prepare fills the node with a pod behind each obstacle, and with some that may go.
func (s *site) prepare() map[string]obstacle {
	s.t.Helper()
	s.cordon(s.spare, true) // until every pod is on the node to be drained
	s.pod("free", nil)
	s.pod("expired", map[string]string{"karpenter.sh/do-not-disrupt": "0s"})
	s.pod("peaceful", map[string]string{"autoscaler.vpsie.com/do-not-disrupt": "true"})
	s.pod("timed", map[string]string{"karpenter.sh/do-not-disrupt": "24h"})
	s.pod("mistyped", map[string]string{"autoscaler.vpsie.com/do-not-disrupt": "1d"})
	s.pod("unsafe", map[string]string{"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"})
	s.pod("stubborn", map[string]string{"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"})
	s.pod("guarded", nil)
	s.running("guarded")
	s.budget("one", "guarded")
	s.budget("two", "guarded")
	s.deploy("updating", s.spec(s.drained))
	s.deploy("pair", s.spec(""))
	s.patchDeployment("updating", `{"spec":{"template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"nowhere"}}}}}`)
	s.rollingOut("updating")
	s.failFirst("pair")

	removeAnnotation := func(pod, key string) func() {
		return func() { s.patchPod(pod, `{"metadata":{"annotations":{"`+key+`":null}}}`) }
	}
	return map[string]obstacle{
		"peaceful": {`DoNotDisrupt: pod peaceful has the annotation autoscaler.vpsie.com/do-not-disrupt="true"`, removeAnnotation("peaceful", "autoscaler.vpsie.com/do-not-disrupt")},
		"timed":    {`karpenter.sh/do-not-disrupt="24h": it lasts until`, removeAnnotation("timed", "karpenter.sh/do-not-disrupt")},
		"mistyped": {`="1d", which is neither "true", "false" nor a duration`, removeAnnotation("mistyped", "autoscaler.vpsie.com/do-not-disrupt")},
		"unsafe":   {`safe-to-evict="false"`, removeAnnotation("unsafe", "cluster-autoscaler.kubernetes.io/safe-to-evict")},
		"stubborn": {`safe-to-evict="false"`, func() {
			s.patchPod("stubborn", `{"metadata":{"annotations":{"autoscaler.vpsie.com/eviction-override":"disk on fire"}}}`)
		}},
		"guarded": {"SeveralBudgets: 2 PodDisruptionBudgets match pod guarded", func() {
			s.must("delete budget two", s.client.PolicyV1().PodDisruptionBudgets(s.namespace).Delete(s.t.Context(), "two", metav1.DeleteOptions{}))
		}},
		"updating": {"MidRollout: Deployment updating is in the middle of a rollout, 1 of 2 pods updated, 2 available", func() {
			s.cordon(s.spare, false)
			s.patchDeployment("updating", `{"spec":{"template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"`+s.spare+`"}}}}}`)
		}},
		"pair": {"LastReadyReplica: of 2 replicas of Deployment pair only pod pair-", func() { s.cordon(s.spare, false) }},
	}
}

func (s *site) running(pod string) {
	s.t.Helper()
	s.eventually("pod "+pod+" to run", func(ctx context.Context) error {
		current, err := s.client.CoreV1().Pods(s.namespace).Get(ctx, pod, metav1.GetOptions{})
		if err == nil && current.Status.Phase != corev1.PodRunning {
			err = fmt.Errorf("phase %s", current.Status.Phase)
		}
		return err
	})
}

// rollingOut waits until one pod of a Deployment is updated, which then waits for a node.
func (s *site) rollingOut(name string) {
	s.t.Helper()
	s.eventually("the rollout of "+name+" to begin", func(ctx context.Context) error {
		deployment, err := s.client.AppsV1().Deployments(s.namespace).Get(ctx, name, metav1.GetOptions{})
		if err == nil && (deployment.Status.ObservedGeneration < deployment.Generation || deployment.Status.UpdatedReplicas != 1) {
			err = fmt.Errorf("%+v", deployment.Status)
		}
		return err
	})
}

// failFirst takes one pod of a pair away while no node takes new ones.
func (s *site) failFirst(app string) {
	s.t.Helper()
	s.cordon(s.drained, true)
	pods := s.client.CoreV1().Pods(s.namespace)
	list, err := pods.List(s.t.Context(), metav1.ListOptions{LabelSelector: "app=" + app})
	s.must("list pods of "+app, err)
	s.must("delete a pod of "+app, pods.Delete(s.t.Context(), list.Items[0].Name, metav1.DeleteOptions{}))
	s.eventually(app+" to lack a pod", func(ctx context.Context) error {
		deployment, err := s.client.AppsV1().Deployments(s.namespace).Get(ctx, app, metav1.GetOptions{})
		if err == nil && (deployment.Status.ReadyReplicas != 1 || deployment.Status.Replicas != 2) {
			err = fmt.Errorf("%+v", deployment.Status)
		}
		return err
	})
}

// compare checks that exactly the obstacles are waited for, each with its message.
func compare(waiting map[string]string, obstacles map[string]obstacle) error {
	var wrong []error
	for app, o := range obstacles {
		if !strings.Contains(waiting[app], o.message) {
			wrong = append(wrong, fmt.Errorf("%s waits for %q, want %q", app, waiting[app], o.message))
		}
	}
	for app, message := range waiting {
		if _, expected := obstacles[app]; !expected {
			wrong = append(wrong, fmt.Errorf("%s waits for %q", app, message))
		}
	}
	return errors.Join(wrong...)
}

// only checks that no pods are left but those that are waited for; the Deployment that is updated has two.
func only(left, obstacles int) error {
	if left > obstacles+1 || obstacles == 0 && left > 0 {
		return fmt.Errorf("%d pods are left", left)
	}
	return nil
}

func TestRehearsedDrainIsAnsweredLikeARealOne(t *testing.T) {
	s := newSite(t, "rehearsal", 0)
	s.pod("held", map[string]string{"autoscaler.vpsie.com/do-not-disrupt": "true"})
	s.pod("free", nil)
	s.running("free")
	s.known("held")
	s.must("rehearse the eviction of a free pod", s.evict(t.Context(), "free", metav1.DryRunAll))
	s.running("free")
}

func TestClusterThatEvictsTooFastIsHeldBack(t *testing.T) {
	s := newSite(t, "pace", 2)
	for _, name := range []string{"a", "b", "c"} {
		s.pod(name, nil)
		s.running(name)
	}
	s.pod("held", map[string]string{"autoscaler.vpsie.com/do-not-disrupt": "true"})
	s.known("held")
	s.must("evict a", s.evict(t.Context(), "a"))
	s.must("evict b", s.evict(t.Context(), "b"))
	if err := s.evict(t.Context(), "c"); !apierrors.HasStatusCause(err, "autoscaler.vpsie.com/TooManyEvictions") {
		t.Errorf("the third eviction is answered %v", err)
	}
}
