package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/test/diary"
)

//go:embed workload.yaml
var workload string

// show is one run of the demonstration.
type show struct {
	stack *stack.Stack
	diary *diary.Diary
	// nodes are the VPSieNodes that were seen, kept for the summary after they have gone.
	nodes map[string]v1alpha1.VPSieNode
	pods  int
}

func newShow(s *stack.Stack) *show {
	return &show{stack: s, nodes: map[string]v1alpha1.VPSieNode{}}
}

// play applies the workload, waits until it runs, deletes it and waits until its nodes are gone.
func (s *show) play(ctx context.Context) error {
	var err error
	if s.diary, err = diary.Start(ctx, s.stack.Cluster.Config(), namespace); err != nil {
		return err
	}
	if err := s.apply(ctx); err != nil {
		return err
	}
	up := newProgress("pods running", s.pods)
	if err := s.until(ctx, upTimeout, up, s.running); err != nil {
		return fmt.Errorf("not all pods run: %w", err)
	}
	deployments := client.InNamespace(namespace)
	if err := s.stack.Client.DeleteAllOf(ctx, &appsv1.Deployment{}, deployments); err != nil {
		return fmt.Errorf("delete the workload: %w", err)
	}
	down := newProgress("machines gone", len(s.nodes))
	if err := s.until(ctx, downTimeout, down, s.gone); err != nil {
		return fmt.Errorf("not all machines are gone: %w", err)
	}
	return nil
}

// apply creates the groups and the workload.
func (s *show) apply(ctx context.Context) error {
	if err := s.stack.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		return err
	}
	file := filepath.Join(os.TempDir(), fmt.Sprintf("vpsie-demo-%d.yaml", os.Getpid()))
	defer os.Remove(file)
	content := strings.ReplaceAll(workload, "DATACENTER", s.stack.Simulator.Datacenters[0].Identifier)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		return err
	}
	if err := s.stack.Cluster.ApplyFiles(ctx, file); err != nil {
		return err
	}
	var deployments appsv1.DeploymentList
	if err := s.stack.Client.List(ctx, &deployments, client.InNamespace(namespace)); err != nil {
		return err
	}
	for _, deployment := range deployments.Items {
		s.pods += int(*deployment.Spec.Replicas)
	}
	fmt.Printf("\nApplied 2 NodeGroups and %d pods of %d shapes; the cluster has no node yet.\n", s.pods, len(deployments.Items))
	return nil
}

// until looks again and again until a count is reached.
func (s *show) until(ctx context.Context, timeout time.Duration, bar *progress, look func(context.Context) (done int, detail string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		done, detail, err := look(ctx)
		if err != nil {
			return err
		}
		bar.set(done, detail)
		if done >= bar.total {
			bar.finish()
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %d of %d, %s: %w", bar.label, done, bar.total, detail, ctx.Err())
		case <-ticker.C:
		}
	}
}

func (s *show) running(ctx context.Context) (int, string, error) {
	nodes, err := s.lookAtNodes(ctx)
	if err != nil {
		return 0, "", err
	}
	ready := 0
	for _, node := range nodes {
		if node.Status.Phase == v1alpha1.PhaseReady {
			ready++
		}
	}
	return s.diary.Running(), fmt.Sprintf("machines: %d bought, %d ready", len(nodes), ready), nil
}

func (s *show) gone(ctx context.Context) (int, string, error) {
	nodes, err := s.lookAtNodes(ctx)
	if err != nil {
		return 0, "", err
	}
	phases := map[string]int{}
	for _, node := range nodes {
		phases[node.Status.Phase]++
	}
	detail := fmt.Sprintf("ready %d, draining %d, deleting %d", phases[v1alpha1.PhaseReady], phases[v1alpha1.PhaseTerminating], phases[v1alpha1.PhaseDeleting])
	return len(s.nodes) - len(nodes), detail, nil
}

// lookAtNodes lists the VPSieNodes there are, and remembers them.
func (s *show) lookAtNodes(ctx context.Context) ([]v1alpha1.VPSieNode, error) {
	var list v1alpha1.VPSieNodeList
	if err := s.stack.Client.List(ctx, &list); err != nil {
		return nil, err
	}
	for _, node := range list.Items {
		s.nodes[node.Name] = node
	}
	return list.Items, nil
}
