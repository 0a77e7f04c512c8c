package webhook_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/localca"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/admissiontest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
	"github.com/vpsie/vpsie-autoscaler/webhook/vpsienode"
)

// judged is an API server that asks the webhook about the groups and VPSieNodes of one namespace.
type judged struct {
	api       client.Client
	namespace string
	warnings  *heard
	names     hostnames.Scheme
	url       string
}

// heard keeps the warnings that the API server sends along, as kubectl prints them.
type heard struct {
	mu    sync.Mutex
	texts []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (h *heard) HandleWarningHeader(_ int, _, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.texts = append(h.texts, text)
}

// since gives what was heard since it was last asked.
func (h *heard) since() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	texts := h.texts
	h.texts = nil
	return texts
}

// shelf is a cloud: fra1 sells small and large, ams1 sells giant.
type shelf struct{}

func (shelf) datacenters(context.Context) ([]cloud.Datacenter, error) {
	return []cloud.Datacenter{{ID: "fra1", Name: "Frankfurt"}, {ID: "ams1"}}, nil
}

func (shelf) offerings(_ context.Context, datacenterID string) ([]plan.Offering, error) {
	sizes := map[string]map[string]string{"fra1": {"small": "1", "large": "4"}, "ams1": {"giant": "64"}}
	var offerings []plan.Offering
	for id, cpu := range sizes[datacenterID] {
		offerings = append(offerings, plan.Offering{ID: id, DatacenterID: datacenterID, Price: 1, Allocatable: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse("64Gi"), corev1.ResourcePods: resource.MustParse("110"),
		}})
	}
	return offerings, nil
}

func newJudged(t *testing.T) *judged {
	t.Helper()
	_, namespace := writer(t)
	j := &judged{namespace: namespace, warnings: &heard{}, names: hostnames.Scheme{Prefix: "test-", ClusterID: "1"}}
	config := rest.CopyConfig(controlplanetest.Shared(t).Config())
	config.WarningHandler = j.warnings
	var err error
	if j.api, err = client.New(config, client.Options{Scheme: build.Scheme()}); err != nil {
		t.Fatal(err)
	}
	authority, err := localca.New("webhook of a test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	j.answer(t, authority)
	for _, object := range []client.Object{
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "templates"}, Data: map[string]string{"good": "#cloud-config\nruncmd: [\"join {{ .JoinToken }}\"]", "bad": "{{"}},
		storage(), twin(),
	} {
		object.SetNamespace(namespace)
		if err := j.api.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	j.register(t, authority)
	return j
}

// storage is a DaemonSet that fills the nodes that it chooses.
func storage() *appsv1.DaemonSet {
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "storage"}}
	set.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "storage"}}
	set.Spec.Template.Labels = set.Spec.Selector.MatchLabels
	set.Spec.Template.Spec.NodeSelector = map[string]string{"disks": "many"}
	set.Spec.Template.Spec.Containers = []corev1.Container{{Name: "a", Image: "a", Resources: corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("4")},
	}}}
	return set
}

// apart tells the groups of these tests from those that others have left to be removed.
func apart(s *v1alpha1.NodeGroupSpec) { s.Priority = 7 }

func twin() *v1alpha1.NodeGroup {
	group := soundGroup(both(labelled("twin", ""), apart))
	group.Name = "twin"
	return group
}

// answer runs the webhook until the test ends.
func (j *judged) answer(t *testing.T, authority *localca.Authority) {
	t.Helper()
	address := admissiontest.FreeAddress(t)
	j.url = "https://" + address
	manager := admissiontest.Manager(t, controlplanetest.Shared(t), address, admissiontest.CertDir(t, authority))
	watcher := market.NewWatcher(shelf{}.datacenters, shelf{}.offerings)
	if err := manager.Add(watcher); err != nil {
		t.Fatal(err)
	}
	held := func(string) []string { return []string{"shop/web: it is the last ready replica"} }
	for path, handler := range map[string]*admission.Webhook{
		webhook.PathNodeGroup: admission.WithValidator(manager.GetScheme(), nodegroup.Validator{
			Cached: manager.GetClient(), References: manager.GetAPIReader(), Market: watcher, Capabilities: cloud.Capabilities{}.Insert(cloud.CapabilityUserData),
		}),
		webhook.PathVPSieNode: admission.WithValidator(manager.GetScheme(), vpsienode.Validator{
			Cached: manager.GetClient(), Market: watcher, Made: j.names.Made, Held: held,
		}),
	} {
		manager.GetWebhookServer().Register(path, handler)
	}
	admissiontest.Run(t, manager)
}

// register has the API server ask, and returns when it does and the webhook knows what there is.
func (j *judged) register(t *testing.T, authority *localca.Authority) {
	t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: j.namespace}}
	for path, kind := range map[string]string{webhook.PathNodeGroup: "nodegroups", webhook.PathVPSieNode: "vpsienodes"} {
		url, fail, none, seconds := j.url+path, admissionregistrationv1.Fail, admissionregistrationv1.SideEffectClassNone, int32(3)
		configuration.Webhooks = append(configuration.Webhooks, admissionregistrationv1.ValidatingWebhook{
			Name: kind + ".test.example.com", AdmissionReviewVersions: []string{"v1"}, FailurePolicy: &fail, SideEffects: &none, TimeoutSeconds: &seconds,
			ClientConfig:      admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: authority.PEM()},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: j.namespace}},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.OperationAll},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{v1alpha1.GroupVersion.Group}, APIVersions: []string{"v1alpha1"}, Resources: []string{kind}},
			}},
		})
	}
	if err := j.api.Create(t.Context(), configuration); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.api.Delete(context.Background(), configuration); err != nil {
			t.Error(err)
		}
	})
	controlplanetest.Eventually(t, "the webhook to know the market, the DaemonSet and the group", func(ctx context.Context) error {
		full := j.create(ctx, both(labelled("disks", "many"), offeringsOf("large", "none")))
		known := j.api.Create(ctx, j.node(func(*v1alpha1.VPSieNode) {}), client.DryRunAll)
		if full == nil || !strings.Contains(full.Error(), "leave no room") || !strings.Contains(full.Error(), "not sold") || known != nil {
			return fmt.Errorf("group: %w, VPSieNode: %w", full, known)
		}
		return nil
	})
	j.warnings.since()
}

// create asks for a group that is sound but for the change.
func (j *judged) create(ctx context.Context, change groupChange) error {
	group := soundGroup(both(change, apart))
	group.Namespace = j.namespace
	return j.api.Create(ctx, group, client.DryRunAll)
}

func (j *judged) node(change nodeChange) *v1alpha1.VPSieNode {
	return soundNode(func(n *v1alpha1.VPSieNode) {
		n.Namespace, n.Name, n.Spec.NodeGroupName = j.namespace, j.names.New("twin"), "twin"
		change(n)
	})
}

// Given a real API server, when a group does not fit its surroundings, then it is refused with the reason and the remedy; its neighbour
// is accepted, with warnings where it is doubtful.
func TestTheAPIServerPassesOnWhatTheWebhookSays(t *testing.T) {
	j := newJudged(t)
	for name, rule := range map[string]struct {
		refuse   groupChange
		says     []string
		accept   groupChange
		warnings []string
	}{
		"data centre": {
			func(s *v1alpha1.NodeGroupSpec) { s.DatacenterID = "fra9" },
			[]string{"spec.datacenterID", "fra9", "there is no such data centre: choose among ams1, fra1 (Frankfurt)"},
			func(s *v1alpha1.NodeGroupSpec) { s.DatacenterID, s.OfferingIDs = "ams1", nil }, nil,
		},
		"offering":             {offeringsOf("small", "huge"), []string{"spec.offeringIDs[1]", "huge", "choose among large, small"}, offeringsOf("large"), nil},
		"offering of another":  {offeringsOf("giant"), []string{"spec.offeringIDs[0]", "giant", "but in ams1: take it out"}, offeringsOf(), nil},
		"preferred offering":   {both(offeringsOf(), preferring("huge")), []string{"spec.preferredOfferingID", "huge", "it is not sold"}, both(offeringsOf(), preferring("large")), nil},
		"room":                 {labelled("disks", "many"), []string{"spec.offeringIDs", "the DaemonSets leave no room", "storage (4 CPU"}, labelled("disks", "few"), nil},
		"template":             {template("{{"), []string{"spec.cloudInitTemplate", "line 1"}, template("#!/bin/sh\n# {{ .JoinToken }}"), nil},
		"template of a key":    {configMap("templates", "bad"), []string{"spec.cloudInitTemplateRef", "line 1"}, configMap("templates", "good"), nil},
		"key of a template":    {configMap("templates", "nope"), []string{"spec.cloudInitTemplateRef.key", "use one of its keys (bad, good)"}, configMap("later", "good"), []string{"does not exist yet"}},
		"public key":           {keys("ssh-rsa none"), []string{"spec.sshPublicKeys[0]", "it is not a public key"}, keys(publicKey), nil},
		"two faults at once":   {both(offeringsOf("huge"), keys("x")), []string{"spec.offeringIDs[0]", "spec.sshPublicKeys[0]"}, tagged("a", "b"), []string{"no room for spec.tags"}},
		"overlap is a warning": {offeringsOf("huge"), []string{"huge"}, labelled("twin", ""), []string{"do not tell the group from " + j.namespace + "/twin"}},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, j.create(t.Context(), rule.refuse), rule.says)
			j.warnings.since()
			if err := j.create(t.Context(), rule.accept); err != nil {
				t.Errorf("the neighbour is refused: %v", err)
			}
			j.warned(t, rule.warnings)
		})
	}
}

func preferring(id string) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { s.PreferredOfferingID = id }
}

func template(text string) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { s.CloudInitTemplate = text }
}

func (j *judged) warned(t *testing.T, want []string) {
	t.Helper()
	got := j.warnings.since()
	if len(got) != len(want) {
		t.Errorf("warnings %q, want %q", got, want)
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("warning %q, want %q in it", got[i], want[i])
		}
	}
}

// The same for VPSieNodes that people write, and for their end.
func TestTheAPIServerPassesOnWhatTheWebhookSaysOfVPSieNodes(t *testing.T) {
	j := newJudged(t)
	for name, rule := range map[string]struct {
		refuse nodeChange
		says   []string
	}{
		"name":        {func(n *v1alpha1.VPSieNode) { n.Name = "mine" }, []string{"metadata.name", "mine", "scale nodegroup twin --replicas=N"}},
		"group":       {func(n *v1alpha1.VPSieNode) { n.Spec.NodeGroupName = "none" }, []string{"spec.nodeGroupName", "none", "create it first, or choose among twin"}},
		"data centre": {func(n *v1alpha1.VPSieNode) { n.Spec.DatacenterID = "ams1" }, []string{"spec.datacenterID", "ams1", "is in data centre fra1: use that"}},
		"offering":    {func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "giant" }, []string{"spec.offeringID", "giant", "choose among small, large"}},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, j.api.Create(t.Context(), j.node(rule.refuse), client.DryRunAll), rule.says)
		})
	}
	j.warnings.since()
	node := j.node(func(n *v1alpha1.VPSieNode) { n.Finalizers = []string{v1alpha1.FinalizerVPSieNode} })
	if err := j.api.Create(t.Context(), node); err != nil {
		t.Fatalf("a sound VPSieNode is refused: %v", err)
	}
	j.warned(t, []string{"a machine is bought for this VPSieNode now"})
	if err := j.api.Delete(t.Context(), node); err != nil {
		t.Fatalf("the deletion is refused: %v", err)
	}
	j.warned(t, []string{"the drain of Node " + node.Name + " waits for pods (1):", "shop/web: it is the last ready replica"})
	if err := j.api.Patch(t.Context(), node, mergePatch(`{"metadata":{"finalizers":null}}`)); err != nil {
		t.Fatalf("the finalizer cannot be taken off: %v", err)
	}
	j.warned(t, []string{"the finalizer is gone: nobody waits for the end of machine"})
}
