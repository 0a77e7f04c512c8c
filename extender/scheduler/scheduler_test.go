package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/extender/unschedulable"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

// Given the shipped configuration and nodes that do not fit, each for another reason, when a pod comes, then the detector knows why of
// each node, though it never sees what the scheduler writes.
func TestTheDetectorGetsTheExactDiagnosisWithoutAnyCondition(t *testing.T) {
	w := newWorld(t)
	plain := func(b *build.NodeBuilder) *build.NodeBuilder { return b }
	small := []string{w.node(t, "small-1", plain), w.node(t, "small-2", plain)}
	tainted := w.node(t, "tainted", func(b *build.NodeBuilder) *build.NodeBuilder {
		return b.Allocatable("16", "64Gi").Taint("example.com/team", "other", corev1.TaintEffectNoSchedule)
	})
	strange := w.node(t, "strange", func(b *build.NodeBuilder) *build.NodeBuilder {
		return b.Allocatable("16", "64Gi").Label("test", "another")
	})
	detector := w.detector(t, true)
	scheduler := w.scheduler(t, w.serve(t, detector))

	pod := w.pod(t, "big", "8")
	want := fmt.Sprintf("kube-scheduler found no node: 4 nodes: 2 by NodeResourcesFit (Insufficient cpu): %s, %s; "+
		"1 by NodeAffinity (node(s) didn't match Pod's node affinity/selector): %s; 1 by TaintToleration (node(s) had untolerated taint(s)): %s",
		small[0], small[1], strange, tainted)
	controlplanetest.Eventually(t, "the detector to know why", func(context.Context) error {
		if got := detector.State(pod); got.State != unschedulable.Flagged || got.Message != want {
			return fmt.Errorf("%s: %s\nwant %s", got.State, got.Message, want)
		}
		return nil
	})
	sent, err := scheduler.Metric(t.Context(), "vpsie_scheduler_diagnoses_total", `result="sent"`)
	if err != nil || sent < 1 {
		t.Errorf("the scheduler counts %v diagnoses as sent, %v", sent, err)
	}
	log, err := os.ReadFile(scheduler.Log)
	must(t, err)
	if want := []byte(`"PostFilter":{"Enabled":[{"Name":"VPSieDiagnosis","Weight":0},{"Name":"DynamicResources"`); !bytes.Contains(log, want) {
		t.Errorf("the plugin is not the first of those after Filter: the log has no %s", want)
	}
}

// Given no receiver that takes a report, when pods come that fit and pods that do not, then the first run, and the others are flagged by
// what the scheduler writes.
func TestWithoutAReceiverAllGoesOnByTheCondition(t *testing.T) {
	hung := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hung }))
	defer silent.Close()
	defer close(hung)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) }))
	defer broken.Close()
	for what, endpoint := range map[string]string{
		"it hangs": silent.URL, "it is down": "http://" + freeAddress(t), "it fails": broken.URL, "its name is unknown": "https://receiver.invalid:1",
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w.node(t, "small", func(b *build.NodeBuilder) *build.NodeBuilder { return b })
			detector := w.detector(t, false)
			scheduler := w.scheduler(t, map[string]any{"endpoint": endpoint})
			const pods = 10
			var big []*corev1.Pod
			for i := range pods {
				big = append(big, w.pod(t, fmt.Sprint("big-", i), "8"))
				w.pod(t, fmt.Sprint("small-", i), "100m")
			}
			controlplanetest.Eventually(t, "the pods that fit to have a node", func(ctx context.Context) error {
				return w.bound(ctx, "small-", pods)
			})
			controlplanetest.Eventually(t, "the pods that do not fit to be flagged", func(context.Context) error {
				for _, pod := range big {
					if got := detector.State(pod); got.State != unschedulable.Flagged || !strings.HasPrefix(got.Message, "kube-scheduler found no node: 0/") {
						return fmt.Errorf("%s is %s: %s", pod.Name, got.State, got.Message)
					}
				}
				return nil
			})
			controlplanetest.Eventually(t, "the scheduler to have counted what it lost", func(ctx context.Context) error {
				return atLeast(ctx, scheduler, "failed", 1)
			})
			sum, err := scheduler.Metric(t.Context(), "scheduler_framework_extension_point_duration_seconds_sum", `extension_point="PostFilter"`)
			must(t, err)
			count, err := scheduler.Metric(t.Context(), "scheduler_framework_extension_point_duration_seconds_count", `extension_point="PostFilter"`)
			must(t, err)
			t.Logf("%.2f ms for what runs after a failed Filter phase", sum/count*1000)
		})
	}
}

// bound fails unless so many pods with a prefix have a node.
func (w *world) bound(ctx context.Context, prefix string, count int) error {
	for i := range count {
		pod, err := w.cluster.Client().CoreV1().Pods(w.namespace).Get(ctx, fmt.Sprint(prefix, i), metav1.GetOptions{})
		if err != nil {
			return err
		}
		if pod.Spec.NodeName == "" {
			return fmt.Errorf("%s has no node: %+v", pod.Name, pod.Status.Conditions)
		}
	}
	return nil
}

// atLeast fails unless the scheduler shows a result so often.
func atLeast(ctx context.Context, scheduler *kubescheduler.Scheduler, result string, want float64) error {
	got, err := scheduler.Metric(ctx, "vpsie_scheduler_diagnoses_total", `result="`+result+`"`)
	if err == nil && got < want {
		err = fmt.Errorf("%v diagnoses are %s, want %v", got, result, want)
	}
	return err
}

// Given a scheduler that may write 20 verdicts a second, when many pods come at once, then the detector flags all of them, by what the
// scheduler reports or by what it writes. How long that takes is told, not judged.
func TestABurstIsFlagged(t *testing.T) {
	const pods = 100
	for _, test := range []struct {
		what  string
		deaf  bool
		flags []string
	}{
		{"by the condition", false, nil},
		{"by reports", true, nil},
		{"by reports, while the scheduler writes beside its loop", true, []string{"--feature-gates=SchedulerAsyncAPICalls=true"}},
	} {
		t.Run(test.what, func(t *testing.T) {
			w := newWorld(t)
			w.slow = true
			w.node(t, "small", func(b *build.NodeBuilder) *build.NodeBuilder { return b })
			detector := w.detector(t, test.deaf)
			args := map[string]any{"endpoint": "https://127.0.0.1:1"}
			if test.deaf {
				args = w.serve(t, detector)
			}
			var waiting []*corev1.Pod
			for i := range pods {
				waiting = append(waiting, w.pod(t, fmt.Sprint("big-", i), "8"))
			}
			start := time.Now()
			w.scheduler(t, args, test.flags...)
			controlplanetest.Eventually(t, "all to be flagged", func(context.Context) error {
				left := 0
				for _, pod := range waiting {
					if detector.State(pod).State != unschedulable.Flagged {
						left++
					}
				}
				if left > 0 {
					return fmt.Errorf("%d are not", left)
				}
				return nil
			})
			t.Logf("%d pods flagged %v after the scheduler was started", pods, time.Since(start).Round(10*time.Millisecond))
		})
	}
}
