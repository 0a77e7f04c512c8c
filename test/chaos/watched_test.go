package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

// watched is what has happened to the pods of a world since somebody looked.
type watched struct {
	mu       sync.Mutex
	nodes    map[string][]string // by pod, each node once
	rejected map[string]string   // by pod that had no node, why: it fits nowhere, or scheduling it failed
	late     map[string]bool     // pods that had one when they were rejected, which is the word of a scheduler that came second
	deleted  []string
	last     time.Time     // when the last pod was seen bound
	pause    time.Duration // the longest time between two of them
}

// watchPods follows all pods of the namespace until the test ends.
func (w *world) watchPods(t *testing.T) *watched {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	events, err := w.pods().Watch(ctx, metav1.ListOptions{})
	must(t, err)
	seen := &watched{nodes: map[string][]string{}, rejected: map[string]string{}, late: map[string]bool{}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for event := range events.ResultChan() {
			seen.take(event)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return seen
}

func (s *watched) take(event watch.Event) {
	pod, ok := event.Object.(*corev1.Pod)
	if !ok || strings.HasPrefix(pod.Name, "bystander-") {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if event.Type == watch.Deleted || pod.DeletionTimestamp != nil {
		s.deleted = append(s.deleted, pod.Name)
	}
	for _, condition := range pod.Status.Conditions {
		switch {
		case condition.Type != corev1.PodScheduled || condition.Status != corev1.ConditionFalse:
		case pod.Spec.NodeName == "":
			s.rejected[pod.Name] = condition.Reason
		default:
			s.late[pod.Name] = true
		}
	}
	if node := pod.Spec.NodeName; node != "" && !slices.Contains(s.nodes[pod.Name], node) {
		s.nodes[pod.Name] = append(s.nodes[pod.Name], node)
		now := time.Now()
		if !s.last.IsZero() {
			s.pause = max(s.pause, now.Sub(s.last))
		}
		s.last = now
	}
}

// await waits until that many pods were seen bound, and tells the longest pause between two of them.
func (s *watched) await(t *testing.T, pods int) time.Duration {
	t.Helper()
	controlplanetest.Eventually(t, "every binding to be seen", func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.nodes) != pods {
			return fmt.Errorf("%d were, want %d", len(s.nodes), pods)
		}
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pause
}

// contested is how many pods were tried by a scheduler although they were bound.
func (s *watched) contested() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.late)
}

// check fails unless as many pods as wanted were bound, each to one node, and nothing else has happened to any.
func (s *watched) check(t *testing.T, pods int) {
	t.Helper()
	s.await(t, pods)
	s.mu.Lock()
	defer s.mu.Unlock()
	for pod, nodes := range s.nodes {
		if len(nodes) != 1 {
			t.Errorf("%s was bound to %v, want one node", pod, nodes)
		}
	}
	if len(s.rejected)+len(s.deleted) > 0 {
		t.Errorf("rejected pods: %v, deleted pods: %v, want none", s.rejected, s.deleted)
	}
}
