package webhook_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/webhook"
)

// outage is a cluster whose webhook does not answer.
type outage struct {
	api        client.Client
	autoscaler client.Client // with the rights of the administrator and the groups of the autoscaler's service accounts
	namespace  string        // which asks for its pods to be mutated
	suffix     string        // for names outside of namespaces
}

// A process that was killed leaves a port that nobody listens on; one that hangs leaves a port where connections are taken up by the
// kernel and nobody reads from them.
var outages = map[string]func(*testing.T) (address string){
	"killed": func(t *testing.T) string {
		listener := listen(t)
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return listener.Addr().String()
	},
	"hung": func(t *testing.T) string {
		listener := listen(t)
		t.Cleanup(func() { _ = listener.Close() })
		return listener.Addr().String()
	},
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// Given a webhook that was killed or hangs, then the life of the cluster goes on, and what must not happen unseen is refused.
func TestAnOutageOfTheWebhookStopsNothingElse(t *testing.T) {
	for name, begin := range outages {
		t.Run(name, func(t *testing.T) {
			o := newOutage(t, name)
			o.prepare(t)
			o.register(t, "https://"+begin(t))
			for what, happens := range map[string]func(context.Context) error{
				"pods start":                    o.createPod,
				"deployments are written":       o.createDeployment,
				"nodes register and report":     o.registerNode,
				"groups are annotated":          o.annotateGroup,
				"the autoscaler resizes groups": o.resizeGroup,
				"the webhook can be drained":    o.evictFrom("vpsie-system"),
				"namespaces end":                o.endNamespace,
				"groups are deleted":            o.deleteGroup,
			} {
				if err := happens(t.Context()); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			for what, happens := range map[string]func(context.Context) error{
				"a group is created": o.createGroup,
				"a group is changed": o.changeGroup,
				"a pod is evicted":   o.evictFrom(o.namespace),
			} {
				if err := happens(t.Context()); !apierrors.IsInternalError(err) || !strings.Contains(err.Error(), "failed calling webhook") {
					t.Errorf("%s: %v, want that the webhook does not answer", what, err)
				}
			}
			o.awaitEnd(t)
		})
	}
}

func newOutage(t *testing.T, name string) *outage {
	t.Helper()
	api, namespace := writer(t)
	config := rest.CopyConfig(controlplanetest.Shared(t).Config())
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:vpsie-system:vpsie-autoscaler-controller", Groups: []string{"system:serviceaccounts:vpsie-system", "system:masters"},
	}
	autoscaler, err := client.New(config, client.Options{Scheme: build.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return &outage{api: api, autoscaler: autoscaler, namespace: namespace, suffix: "-" + name}
}

// prepare makes what the checks change, while there is no webhook.
func (o *outage) prepare(t *testing.T) {
	t.Helper()
	patch := mergePatch(`{"metadata":{"labels":{"` + v1alpha1.LabelPodMutation + `":"enabled"}}}`)
	if err := o.api.Patch(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: o.namespace}}, patch); err != nil {
		t.Fatal(err)
	}
	system := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "vpsie-system"}}
	if err := client.IgnoreAlreadyExists(o.api.Create(t.Context(), system)); err != nil {
		t.Fatal(err)
	}
	doomed := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "doomed" + o.suffix}}
	if err := o.api.Create(t.Context(), doomed); err != nil {
		t.Fatal(err)
	}
	for _, namespace := range []string{o.namespace, system.Name, doomed.Name} {
		controlplanetest.Eventually(t, "pods to be allowed in "+namespace, func(ctx context.Context) error {
			return client.IgnoreAlreadyExists(o.api.Create(ctx, o.pod(namespace, "victim"+o.suffix)))
		})
	}
	for _, namespace := range []string{o.namespace, doomed.Name} {
		for _, name := range []string{"kept", "deleted"} {
			group := soundGroup(desired(3))
			group.Namespace, group.Name = namespace, name
			if err := o.api.Create(t.Context(), group); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// register has the API server call the webhooks of the manifests at an address, and returns when it does.
func (o *outage) register(t *testing.T, baseURL string) {
	t.Helper()
	validating, mutating := loadConfigurations(t)
	for _, configuration := range []client.Object{validating, mutating} {
		if err := webhook.PointToURL(configuration, baseURL, nil); err != nil {
			t.Fatal(err)
		}
		if err := o.api.Create(t.Context(), configuration); err != nil {
			t.Fatal(err)
		}
	}
	probe := soundGroup(desired(1))
	probe.Namespace, probe.Name = o.namespace, "probe"
	asked := func(want bool) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := o.api.Create(ctx, probe.DeepCopy(), client.DryRunAll); (err != nil) != want {
				return fmt.Errorf("creating a group: %w", err)
			}
			return nil
		}
	}
	t.Cleanup(func() {
		for _, configuration := range []client.Object{validating, mutating} {
			if err := o.api.Delete(context.Background(), configuration); err != nil {
				t.Error(err)
			}
		}
	})
	controlplanetest.Eventually(t, "the API server to ask the webhook", asked(true))
}

func (o *outage) pod(namespace, name string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{v1alpha1.LabelPodNodeGroup: "kept"}}}
	pod.Spec.NodeSelector = map[string]string{"nowhere": "true"}
	pod.Spec.Containers = []corev1.Container{{Name: "a", Image: "a"}}
	return pod
}

func (o *outage) createPod(ctx context.Context) error {
	return o.api.Create(ctx, o.pod(o.namespace, "started"))
}

func (o *outage) createDeployment(ctx context.Context) error {
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: o.namespace, Name: "web"}}
	deployment.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	deployment.Spec.Template.Labels = deployment.Spec.Selector.MatchLabels
	deployment.Spec.Template.Spec = o.pod("", "").Spec
	return o.api.Create(ctx, deployment)
}

// registerNode does what a kubelet does: it creates its Node, labels it and reports that it is ready.
func (o *outage) registerNode(ctx context.Context) error {
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node" + o.suffix, Labels: map[string]string{v1alpha1.LabelManaged: "true"}}}
	if err := o.api.Create(ctx, node); err != nil {
		return err
	}
	for _, patch := range []string{`{"metadata":{"labels":{"a":"b"}}}`, `{"spec":{"unschedulable":true}}`} {
		if err := o.api.Patch(ctx, node, mergePatch(patch)); err != nil {
			return err
		}
	}
	ready := mergePatch(`{"status":{"conditions":[{"type":"Ready","status":"False","reason":"Test"}]}}`)
	if err := o.api.Status().Patch(ctx, node, ready); err != nil {
		return err
	}
	return o.autoscaler.Delete(ctx, node)
}

func (o *outage) group(name string) *v1alpha1.NodeGroup {
	return &v1alpha1.NodeGroup{ObjectMeta: metav1.ObjectMeta{Namespace: o.namespace, Name: name}}
}

func mergePatch(text string) client.Patch {
	return client.RawPatch("application/merge-patch+json", []byte(text))
}

func (o *outage) createGroup(ctx context.Context) error {
	group := soundGroup(desired(1))
	group.Namespace, group.Name = o.namespace, "new"
	return o.api.Create(ctx, group)
}

func (o *outage) changeGroup(ctx context.Context) error {
	return o.api.Patch(ctx, o.group("kept"), mergePatch(`{"spec":{"maxNodes":4}}`))
}

func (o *outage) annotateGroup(ctx context.Context) error {
	return o.api.Patch(ctx, o.group("kept"), mergePatch(`{"metadata":{"annotations":{"a":"b"}}}`))
}

func (o *outage) resizeGroup(ctx context.Context) error {
	return o.autoscaler.Patch(ctx, o.group("kept"), mergePatch(`{"spec":{"desiredNodes":2}}`))
}

func (o *outage) deleteGroup(ctx context.Context) error { return o.api.Delete(ctx, o.group("deleted")) }

func (o *outage) evictFrom(namespace string) func(context.Context) error {
	return func(ctx context.Context) error {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "victim" + o.suffix}}
		return o.api.SubResource("eviction").Create(ctx, pod, &policyv1.Eviction{})
	}
}

func (o *outage) endNamespace(ctx context.Context) error {
	return o.api.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "doomed" + o.suffix}})
}

// awaitEnd returns when the namespace that was to end is gone.
func (o *outage) awaitEnd(t *testing.T) {
	t.Helper()
	controlplanetest.Eventually(t, "the end of a namespace", func(ctx context.Context) error {
		namespace := &corev1.Namespace{}
		err := o.api.Get(ctx, client.ObjectKey{Name: "doomed" + o.suffix}, namespace)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %v %w", namespace.Status, err)
	})
}
