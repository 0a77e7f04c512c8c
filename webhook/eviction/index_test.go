package eviction_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func TestOfTwoReplicasAskedForAtOnceOneMayGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given two ready replicas, and a drain that asks for both before anything is heard of either
		deployment, set := web(2)
		w := newWorld(0, deployment, set, replica("a"), replica("b"))
		w.granted(t, "a", true)
		w.granted(t, "b", false)
		w.granted(t, "a", true) // the same again is not another one

		// when the first is seen to go
		w.index.Put(marked(replica("a")))
		w.granted(t, "b", false)
		w.index.Put(deleted(marked(replica("a"))))
		w.granted(t, "b", false)
		w.index.Drop(replica("a"))
		w.granted(t, "b", false)

		// then the second waits for the replacement to be ready
		fresh := serving(replica("c"), false)
		w.index.Put(fresh)
		w.granted(t, "b", false)
		w.index.Put(serving(fresh, true))
		w.granted(t, "b", true)
	})
}

func TestEvictionThatDoesNotHappenStopsCounting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deployment, set := web(2)
		w := newWorld(0, deployment, set, replica("a"), replica("b"))
		w.granted(t, "a", true)
		time.Sleep(4 * time.Second)
		w.granted(t, "a", true) // asked again, it counts from now
		time.Sleep(5*time.Second - time.Millisecond)
		w.granted(t, "b", false)
		time.Sleep(time.Millisecond)
		w.granted(t, "b", true)
	})
}

func TestGrantEndsWithTheNewsOfThePod(t *testing.T) {
	a := replica("a")
	for name, news := range map[string]func(*world){
		"it is being evicted": func(w *world) { w.index.Put(marked(a)) },
		"it is being deleted": func(w *world) { w.index.Put(deleted(a)) },
		"it is gone":          func(w *world) { w.index.Drop(a) },
	} {
		t.Run(name, func(t *testing.T) {
			// given three replicas of which one may go, and the news that it does
			deployment, set := web(3)
			w := newWorld(0, deployment, set, a, replica("b"), replica("c"))
			w.granted(t, "a", true)
			news(w)
			// then it is not subtracted twice: one of the other two may go, and the last may not
			w.granted(t, "b", true)
			w.granted(t, "c", false)
		})
	}
}

func TestOrphanedReplicaSetStandsInNoLonger(t *testing.T) {
	deployment, first := web(2)
	second := setOf("web-2", 1)
	w := newWorld(0, deployment, first, second, replica("a"), podOf("ReplicaSet", "web-2", "b"))
	w.granted(t, "a", true, rehearsed)
	orphan := second.DeepCopy()
	orphan.OwnerReferences = nil
	w.index.Put(orphan)
	w.granted(t, "a", false)
}

func TestPeaceEndsWithTheNode(t *testing.T) {
	w := newWorld(0, held(), replica("b"))
	reports := func(status corev1.ConditionStatus) *corev1.Node {
		node := build.Node("n").Ready().Obj()
		node.Status.Conditions[0].Status = status
		return node
	}
	for status, goes := range map[corev1.ConditionStatus]bool{corev1.ConditionTrue: false, corev1.ConditionFalse: false, corev1.ConditionUnknown: true} {
		w.index.Put(reports(status))
		w.granted(t, "held", goes, rehearsed)
	}
	w.index.Put(reports(corev1.ConditionUnknown))
	w.index.Put(build.Node("n").Obj())
	w.granted(t, "held", false)
}

func TestReplicasOfAllReplicaSetsStandInForEachOther(t *testing.T) {
	// given a Deployment with one ready pod in each of two ReplicaSets, its rollout stalled
	deployment, first := web(2)
	second := setOf("web-2", 1)
	w := newWorld(0, deployment, first, second, replica("a"), podOf("ReplicaSet", "web-2", "b"))
	w.granted(t, "a", true, rehearsed)

	// when the other one is no longer ready, or its ReplicaSet is not of this Deployment
	w.index.Put(serving(podOf("ReplicaSet", "web-2", "b"), false))
	w.granted(t, "a", false)
	w.index.Put(podOf("ReplicaSet", "web-2", "b"))
	w.granted(t, "a", true, rehearsed)
	w.index.Drop(second)
	w.granted(t, "a", false)
}

func TestReplicaSetOfAnUnknownOwnerSpeaksForItself(t *testing.T) {
	_, set := web(2) // its Deployment is not known
	w := newWorld(0, set, replica("a"))
	if got := w.ask(t, "a").Result.Message; !strings.Contains(got, "of 2 replicas of ReplicaSet web-1") {
		t.Errorf("message %q", got)
	}
	deployment, _ := web(3)
	w.index.Put(deployment)
	if got := w.ask(t, "a").Result.Message; !strings.Contains(got, "of 3 replicas of Deployment web") {
		t.Errorf("message %q", got)
	}
	w.index.Drop(deployment)
	w.index.Drop(set)
	w.granted(t, "a", true) // as one pod of an unknown kind
}

func TestPodsOfAnotherControllerOrOnTheirWayOutDoNotStandIn(t *testing.T) {
	deployment, set := web(2)
	finished := replica("finished")
	finished.Status.Phase = corev1.PodSucceeded
	w := newWorld(0, deployment, set, replica("a"), podOf("ReplicaSet", "other", "b"), deleted(replica("c")), marked(replica("d")), finished, serving(replica("e"), false))
	w.granted(t, "a", false)
	w.index.Put(replica("f"))
	w.granted(t, "a", true)
}

func TestPodThatComesBackUnderItsNameIsCountedOnce(t *testing.T) {
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "db", UID: build.UID("db")}, Spec: appsv1.StatefulSetSpec{Replicas: new(int32)}}
	*set.Spec.Replicas = 2
	w := newWorld(0, set, podOf("StatefulSet", "db", "db-0"), podOf("StatefulSet", "db", "db-1"))
	successor := serving(podOf("StatefulSet", "db", "db-1"), false)
	successor.UID = "another"
	w.index.Put(successor) // the end of the first went unseen
	w.granted(t, "db-0", false)
	w.index.Put(serving(successor, true))
	w.granted(t, "db-0", true)
	w.index.Drop(set)
}

func TestRolloutOfAStatefulSetStallsWhenItsPodsNoLongerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		three := int32(3)
		set := &appsv1.StatefulSet{
			ObjectMeta: metav1.ObjectMeta{Name: "db", UID: build.UID("db")}, Spec: appsv1.StatefulSetSpec{Replicas: &three},
			Status: appsv1.StatefulSetStatus{CurrentRevision: "a", UpdateRevision: "b", UpdatedReplicas: 1},
		}
		first, second, last := podOf("StatefulSet", "db", "db-0"), podOf("StatefulSet", "db", "db-1"), podOf("StatefulSet", "db", "db-2")
		time.Sleep(time.Hour)
		w := newWorld(0, set, first, second, serving(last, false))
		for _, change := range []func(){
			func() {},                             // a pod became unready just now
			func() { w.index.Put(deleted(last)) }, // it is deleted
			func() { w.index.Drop(last); w.index.Put(podOf("StatefulSet", "db", "db-2")) }, // its successor is made
		} {
			change()
			w.granted(t, "db-0", false)
			time.Sleep(10*time.Minute - time.Second)
			w.granted(t, "db-0", false)
			time.Sleep(time.Second)
			w.granted(t, "db-0", true, rehearsed)
		}
	})
}

func TestBudgetsAreMatchedAsTheAPIServerDoes(t *testing.T) {
	app := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	invalid := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: "Like"}}}
	foreign := budgetOf("foreign", app, 1)
	foreign.Namespace = "elsewhere"
	narrowed := budgetOf("b", &metav1.LabelSelector{MatchLabels: map[string]string{"app": "other"}}, 1)
	broken := budgetOf("b", invalid, 1)
	cases := map[string]struct {
		budgets []client.Object
		want    []string // the reasons of the refusal of the last ready replica
	}{
		"one budget":                   {[]client.Object{budgetOf("a", app, 1)}, nil},
		"two budgets":                  {[]client.Object{budgetOf("a", app, 1), budgetOf("b", app, 1)}, []string{"SeveralBudgets"}},
		"an empty selector is all":     {[]client.Object{budgetOf("a", app, 1), budgetOf("b", &metav1.LabelSelector{}, 1)}, []string{"SeveralBudgets"}},
		"no selector is none":          {[]client.Object{budgetOf("a", nil, 1)}, []string{"LastReadyReplica"}},
		"of another namespace":         {[]client.Object{foreign}, []string{"LastReadyReplica"}},
		"for other pods":               {[]client.Object{narrowed}, []string{"LastReadyReplica"}},
		"with a selector nobody reads": {[]client.Object{broken}, []string{"LastReadyReplica"}},
		"one that was narrowed":        {[]client.Object{budgetOf("a", app, 1), budgetOf("b", app, 1), narrowed}, nil},
		"one that was broken":          {[]client.Object{budgetOf("a", app, 1), budgetOf("b", app, 1), broken}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			deployment, set := web(2)
			w := newWorld(0, slices.Concat([]client.Object{deployment, set, replica("a")}, c.budgets)...)
			w.wantReasons(t, "a", c.want...)
			for _, budget := range c.budgets {
				w.index.Drop(budget)
			}
			w.wantReasons(t, "a", "LastReadyReplica")
		})
	}
}

// wantReasons checks the causes of a refusal, or that there is none.
func (w *world) wantReasons(t *testing.T, pod string, want ...string) {
	t.Helper()
	response := w.ask(t, pod, rehearsed)
	var got []string
	if details := response.Result.Details; details != nil {
		for _, cause := range details.Causes {
			got = append(got, strings.TrimPrefix(string(cause.Type), "autoscaler.vpsie.com/"))
		}
	}
	if response.Allowed != (len(want) == 0) || !slices.Equal(got, want) {
		t.Errorf("refused for %v, want %v", got, want)
	}
}

func TestPaceFollowsWhatHappenedAndNotWhatWasAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 3
		var objects []client.Object
		names := []string{"a", "b", "c", "d", "e"}
		for _, name := range names {
			objects = append(objects, podOf("ReplicaSet", "of-"+name, name))
		}
		w := newWorld(limit, objects...)
		goes := func(name string) {
			pod := podOf("ReplicaSet", "of-"+name, name)
			w.index.Put(marked(pod))
			w.index.Put(deleted(marked(pod)))
			w.index.Drop(pod)
		}
		// given that one pod is evicted, one is merely deleted, and one was granted and refused by somebody behind us
		w.granted(t, "a", true)
		goes("a")
		w.index.Put(deleted(podOf("ReplicaSet", "of-b", "b")))
		w.granted(t, "c", true)
		time.Sleep(10 * time.Second)

		// when two more are evicted
		w.granted(t, "d", true)
		goes("d")
		w.granted(t, "c", true)
		goes("c")

		// then the next waits until a minute after the first
		w.wantReasons(t, "e", "TooManyEvictions")
		if got := w.ask(t, "e").Result.Message; !strings.Contains(got, "evicted 3 pods") || !strings.Contains(got, "wait 50s") {
			t.Errorf("message %q", got)
		}
		time.Sleep(50 * time.Second)
		w.wantReasons(t, "e", "TooManyEvictions")
		time.Sleep(time.Second)
		w.wantReasons(t, "e")
	})
}

func TestADrainThatAsksForAllAtOnceKeepsThePace(t *testing.T) {
	w := newWorld(2, podOf("CloneSet", "a", "a"), podOf("CloneSet", "b", "b"), podOf("CloneSet", "c", "c"))
	w.granted(t, "a", true)
	w.granted(t, "b", true)
	w.granted(t, "c", false)
	w.granted(t, "b", true) // asked again, it is not another one
}

func TestWhatWillNotBeEvictedTakesNobodysTurn(t *testing.T) {
	everything := &metav1.LabelSelector{}
	first := podOf("CloneSet", "a", "a")
	cases := map[string]struct {
		first  *corev1.Pod
		budget *policyv1.PodDisruptionBudget
		taken  bool
	}{
		"the budget allows none":                     {first, budgetOf("all", everything, 0), false},
		"the budget allows one":                      {first, budgetOf("all", everything, 1), true},
		"the pod is unready, which a budget may let": {serving(first, false), budgetOf("all", everything, 0), true},
		"the pod is on its way out":                  {deleted(first), budgetOf("all", nil, 0), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(1, c.first, podOf("CloneSet", "b", "b"), c.budget)
			w.granted(t, "a", true)
			w.granted(t, "b", !c.taken)
		})
	}
}

func TestOnlyEvictionsCountAndTheWaitIsForTheOneTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// given three evictions, ten seconds apart, where two are allowed, and a pod that was preempted
		preempted := marked(podOf("CloneSet", "p", "p"))
		preempted.Status.Conditions[1].Reason = "PreemptionByScheduler"
		w := newWorld(2, preempted, podOf("CloneSet", "d", "d"))
		for _, name := range []string{"a", "b", "c"} {
			w.index.Put(marked(podOf("CloneSet", name, name)))
			time.Sleep(10 * time.Second)
		}
		// then it takes until a minute after the second
		if got := w.ask(t, "d").Result.Message; !strings.Contains(got, "evicted 3 pods") || !strings.Contains(got, "wait 40s") {
			t.Errorf("message %q", got)
		}
	})
}

func TestEvictionsBeforeTheStartCount(t *testing.T) {
	// given that the first news of a pod is that it was evicted a moment ago
	w := newWorld(1, deleted(marked(replica("gone"))), podOf("CloneSet", "a", "a"))
	w.wantReasons(t, "a", "TooManyEvictions")
}
