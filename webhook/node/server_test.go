package node_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/admissiontest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/webhook/node"
)

const (
	path       = "/validate/node"
	autoscaler = "system:serviceaccount:vpsie-system:vpsie-autoscaler-controller"
)

// served is what the API server has asked the handler so far.
type served struct {
	mu    sync.Mutex
	asked []string
	cache cache.Cache
}

func (s *served) note(request admission.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, fmt.Sprint(request.Operation, " ", request.Name, " by ", request.UserInfo.Username))
}

func (s *served) count(text string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, asked := range s.asked {
		if strings.Contains(asked, text) {
			n++
		}
	}
	return n
}

// serve answers the API server about Nodes, under the conditions of the manifest, until the test ends.
func serve(t *testing.T, cluster *controlplanetest.Cluster) *served {
	t.Helper()
	cluster.ApplyManifests(t, "../../manifests/crds/autoscaler.vpsie.com_vpsienodes.yaml")
	var known node.Cluster
	caches := admissiontest.Caches(t, cluster, func(caches cache.Cache) (err error) {
		known, err = node.Watch(t.Context(), caches)
		return err
	})
	s := &served{cache: caches}
	handler := &node.Handler{Cluster: known, Namespace: "vpsie-system", Decoder: admission.NewDecoder(build.Scheme())}
	admissiontest.Serve(t, cluster, path, admission.HandlerFunc(func(ctx context.Context, request admission.Request) admission.Response {
		s.note(request)
		return handler.Handle(ctx, request)
	}))
	return s
}

// person is a client of somebody who may do everything, and who remembers what was said.
type person struct {
	kubernetes.Interface
	mu   sync.Mutex
	told []string
}

func (p *person) HandleWarningHeader(_ int, _, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, text)
}

// warnings gives those since the last time.
func (p *person) warnings() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	told := p.told
	p.told = nil
	return told
}

func as(t *testing.T, cluster *controlplanetest.Cluster, user string, groups ...string) *person {
	t.Helper()
	p, config := &person{}, cluster.Config()
	config.WarningHandler = p
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:masters", "system:authenticated")}
	var err error
	p.Interface, err = kubernetes.NewForConfig(config)
	must(t, "make a client", err)
	return p
}

// site is a cluster in which the handler is asked.
type site struct {
	*served
	t         *testing.T
	cluster   *controlplanetest.Cluster
	namespace string
}

// joins registers a Node and removes it at the end of the test. One that is ready stays so, as kwok reports for it.
func (s *site) joins(object *corev1.Node) {
	s.t.Helper()
	well := object.Status.Conditions[0].Status == corev1.ConditionTrue
	if well {
		metav1.SetMetaDataAnnotation(&object.ObjectMeta, "kwok.x-k8s.io/node", "fake")
	}
	nodes := s.cluster.Client().CoreV1().Nodes()
	_, err := nodes.Create(s.t.Context(), object, metav1.CreateOptions{})
	must(s.t, "register a Node", err)
	s.t.Cleanup(func() {
		trusted := as(s.t, s.cluster, autoscaler, "system:serviceaccounts:vpsie-system")
		if err := trusted.CoreV1().Nodes().Delete(context.Background(), object.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			s.t.Error(err)
		}
	})
	if !well {
		report, err := json.Marshal(map[string]any{"status": object.Status})
		must(s.t, "write a report", err)
		_, err = nodes.Patch(s.t.Context(), object.Name, types.StrategicMergePatchType, report, metav1.PatchOptions{}, "status")
		must(s.t, "report", err)
		return
	}
	controlplanetest.Eventually(s.t, "Node "+object.Name+" to be ready", func(ctx context.Context) error {
		live, err := nodes.Get(ctx, object.Name, metav1.GetOptions{})
		if err == nil && !slices.ContainsFunc(live.Status.Conditions, isReady) {
			err = errors.New("not ready")
		}
		return err
	})
}

func isReady(c corev1.NodeCondition) bool {
	return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
}

// runs puts a pod on a Node until the test ends, and waits until the handler's cache knows it.
func (s *site) runs(name, nodeName string) {
	s.t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.PodSpec{NodeName: nodeName, Containers: []corev1.Container{{Name: "app", Image: "app"}}},
	}
	pods, now := s.cluster.Client().CoreV1().Pods(s.namespace), int64(0)
	_, err := pods.Create(s.t.Context(), pod, metav1.CreateOptions{})
	must(s.t, "create a pod", err)
	s.t.Cleanup(func() {
		err := pods.Delete(context.Background(), name, metav1.DeleteOptions{GracePeriodSeconds: &now})
		if err != nil && !apierrors.IsNotFound(err) {
			s.t.Error(err)
		}
	})
	s.cacheHas(name, true)
}

// ends removes a pod at once.
func (s *site) ends(name string) {
	s.t.Helper()
	now := int64(0)
	must(s.t, "delete a pod", s.cluster.Client().CoreV1().Pods(s.namespace).Delete(s.t.Context(), name, metav1.DeleteOptions{GracePeriodSeconds: &now}))
	s.cacheHas(name, false)
}

func (s *site) cacheHas(pod string, want bool) {
	s.t.Helper()
	controlplanetest.Eventually(s.t, "the cache to follow", func(ctx context.Context) error {
		err := s.cache.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: pod}, &corev1.Pod{})
		if (err == nil) != want {
			return fmt.Errorf("pod %s: %w", pod, err)
		}
		return nil
	})
}

func newSite(t *testing.T) *site {
	cluster := controlplanetest.Shared(t)
	s := &site{served: serve(t, cluster), t: t, cluster: cluster, namespace: cluster.Namespace(t)}
	s.joins(ours().Obj())
	controlplanetest.Eventually(t, "the API server to ask", func(ctx context.Context) error {
		err := cluster.Client().CoreV1().Nodes().Delete(ctx, "n", metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
		if s.count("DELETE n") == 0 {
			return errors.Join(errors.New("not asked"), err)
		}
		return nil
	})
	return s
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func wantForbidden(t *testing.T, what string, err error, texts ...string) {
	t.Helper()
	if !apierrors.IsForbidden(err) {
		t.Fatalf("%s: answered %v, want 403", what, err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: answered %q, want %q in it", what, err, text)
		}
	}
}

func wantCause(t *testing.T, err error, reason node.Reason) {
	t.Helper()
	if _, found := apierrors.StatusCause(err, node.Cause(reason)); !found {
		t.Errorf("answered %v without the cause %s", err, node.Cause(reason))
	}
}

var rehearsal = metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}

func withTaint(value string, effect corev1.TaintEffect) string {
	return fmt.Sprintf(`{"spec":{"taints":[{"key":"fire","value":%q,"effect":%q}]}}`, value, effect)
}
