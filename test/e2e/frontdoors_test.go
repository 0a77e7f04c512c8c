package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

// Given a faulty NodeGroup, when it is applied, then it is refused with every fault the schema or the webhook sees.
func TestFaultyNodeGroupsAreRefused(t *testing.T) {
	namespace := newNamespace(t, nil)
	desired := int32(9)
	for name, test := range map[string]struct {
		change func(*v1alpha1.NodeGroupSpec)
		want   []string
	}{
		"min above max": {
			func(s *v1alpha1.NodeGroupSpec) { s.MinNodes = 6 },
			[]string{"spec.minNodes", "minNodes must not be above maxNodes"},
		},
		"desired out of bounds": {
			func(s *v1alpha1.NodeGroupSpec) { s.DesiredNodes = &desired },
			[]string{"spec.desiredNodes", "between minNodes and maxNodes"},
		},
		"preferred offering that is not allowed": {
			func(s *v1alpha1.NodeGroupSpec) {
				s.OfferingIDs, s.PreferredOfferingID = []string{"small", "large"}, "medium"
			},
			[]string{"spec.preferredOfferingID", "must be one of offeringIDs"},
		},
		"priority out of bounds": {
			func(s *v1alpha1.NodeGroupSpec) { s.Priority = 1_000_001 },
			[]string{"spec.priority", "less than or equal to 1000000"},
		},
		"owned key": {
			func(s *v1alpha1.NodeGroupSpec) { s.Labels = map[string]string{v1alpha1.LabelManaged: "false"} },
			[]string{"spec.labels", "belong to the autoscaler"},
		},
		"label and taint at once": {
			func(s *v1alpha1.NodeGroupSpec) {
				s.Labels = map[string]string{"tier": "not valid!"}
				s.Taints = []corev1.Taint{{Key: "bad key", Effect: corev1.TaintEffectNoSchedule}}
			},
			[]string{"spec.labels", "not valid!", "spec.taints[0].key", "bad key"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			group := newGroup(namespace, "faulty")
			test.change(&group.Spec)
			err := product.Client.Create(t.Context(), group)
			if err == nil {
				t.Fatal("the group was accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the refusal does not say %q: %v", want, err)
				}
			}
		})
	}
}

// Given a group whose bounds move past its desired size, then the size follows into the bounds instead of blocking the change.
func TestDesiredFollowsMovedBounds(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "moving")
	must(t, product.Client.Create(t.Context(), group))
	awaitDesired(t, group, 0)
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"minNodes":1}}`))
	must(t, product.Client.Patch(t.Context(), group.DeepCopy(), patch))
	awaitDesired(t, group, 1)
	awaitNodes(t, namespace, 1, v1alpha1.PhaseReady)
}

func awaitDesired(t *testing.T, group *v1alpha1.NodeGroup, want int32) {
	t.Helper()
	eventually(t, "the desired size", func(ctx context.Context) error {
		var live v1alpha1.NodeGroup
		if err := product.Client.Get(ctx, client.ObjectKeyFromObject(group), &live); err != nil {
			return err
		}
		if live.Spec.DesiredNodes == nil || *live.Spec.DesiredNodes != want {
			return fmt.Errorf("it is %v, want %d", live.Spec.DesiredNodes, want)
		}
		return nil
	})
}

// Given a namespace that opts in and a pod that names a group, when the pod is created, then it selects and tolerates the nodes of
// that group, and runs there.
func TestPodThatNamesAGroupRunsThere(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t, map[string]string{v1alpha1.LabelPodMutation: "enabled"})
	group := newGroup(namespace, "named")
	group.Spec.Taints = []corev1.Taint{{Key: "e2e", Value: namespace, Effect: corev1.TaintEffectNoSchedule}}
	must(t, product.Client.Create(t.Context(), group))
	deployment := newDeployment(namespace, "web", 1, "500m", "512Mi")
	deployment.Spec.Template.Labels[v1alpha1.LabelPodNodeGroup] = group.Name
	deployment.Spec.Template.Spec.NodeSelector = nil
	must(t, product.Client.Create(t.Context(), deployment))
	pod := awaitRunning(t, namespace, 1)[0]
	if pod.Spec.NodeSelector[v1alpha1.LabelNodeGroup] != group.Name || pod.Annotations[v1alpha1.AnnotationPodMutations] == "" {
		t.Errorf("selector %v, annotations %v: the webhook did not add to the pod", pod.Spec.NodeSelector, pod.Annotations)
	}
}

// Given pods with more than one possible node, when kube-scheduler places them, then it has asked the extender, over mutual TLS.
func TestSchedulerAsksTheExtender(t *testing.T) {
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "scored")
	group.Spec.MinNodes = 2
	must(t, product.Client.Create(t.Context(), group))
	awaitNodes(t, namespace, 2, v1alpha1.PhaseReady)
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "web", 2, "100m", "64Mi")))
	awaitRunning(t, namespace, 2)
	const series = `vpsie_autoscaler_extender_requests_total{code="200",verb="prioritize"}`
	if page := scrape(t, stack.Extender); !strings.Contains(page, series) {
		t.Errorf("the extender was never asked to prioritize; its metrics have no %s", series)
	}
	// The suite's metrics are for those that may read them.
	response, err := insecureClient.Get(product.MetricsURL(stack.Controller))
	must(t, err)
	_ = response.Body.Close() // only the status counts
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("metrics without a token: status %d, want 401", response.StatusCode)
	}
}

// insecureClient does not verify: the metrics endpoints sign their own certificates.
var insecureClient = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

// scrape reads the metrics of a process as a service account that may.
func scrape(t *testing.T, process string) string {
	t.Helper()
	var page string
	eventually(t, "the metrics of the "+process, func(ctx context.Context) error {
		content, err := product.Scrape(ctx, process)
		page = string(content)
		return err
	})
	return page
}

// Given a token that VPSie refuses, when a group is made, then the group says so and the controller goes on; given a good one
// again, the group recovers.
func TestRefusedTokenShowsOnTheGroup(t *testing.T) {
	good, err := os.ReadFile(product.Simulator.TokenFile)
	must(t, err)
	must(t, os.WriteFile(product.Simulator.TokenFile, []byte("wrong"), 0o600))
	restore := func() { must(t, os.WriteFile(product.Simulator.TokenFile, good, 0o600)) }
	t.Cleanup(restore)

	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "locked-out")
	group.Spec.DatacenterID = product.Simulator.Datacenters[1].Identifier // whose offerings nobody has asked for yet
	must(t, product.Client.Create(t.Context(), group))
	awaitReadyReason(t, group, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)
	restore()
	awaitReadyReason(t, group, metav1.ConditionTrue, v1alpha1.ReasonReconciled)
}

// Given a data centre that VPSie does not have, then the group says so.
func TestUnknownDatacenterIsRefusedAndElseShowsOnTheGroup(t *testing.T) {
	namespace := newNamespace(t, nil)
	group := newGroup(namespace, "nowhere")
	group.Spec.DatacenterID = "00000000-0000-0000-0000-000000000000"
	eventually(t, "the group to be refused", func(ctx context.Context) error {
		err := product.Client.Create(ctx, group.DeepCopy(), client.DryRunAll)
		if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "spec.datacenterID") {
			return fmt.Errorf("the answer is %w", err)
		}
		return nil
	})
	must(t, asAutoscaler(t).Create(t.Context(), group)) // which the webhook is not asked about
	awaitReadyReason(t, group, metav1.ConditionFalse, v1alpha1.ReasonUnknownDatacenter)
}

// asAutoscaler is a client of somebody who may do everything and whom the webhooks take for the autoscaler.
func asAutoscaler(t *testing.T) client.Client {
	t.Helper()
	config := rest.CopyConfig(product.Cluster.Config())
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:vpsie-system:test", Groups: []string{"system:masters", "system:serviceaccounts:vpsie-system"},
	}
	api, err := client.New(config, client.Options{Scheme: product.Client.Scheme()})
	must(t, err)
	return api
}

func awaitReadyReason(t *testing.T, group *v1alpha1.NodeGroup, status metav1.ConditionStatus, reason string) {
	t.Helper()
	eventually(t, "Ready="+string(status)+" for "+reason, func(ctx context.Context) error {
		var live v1alpha1.NodeGroup
		if err := product.Client.Get(ctx, client.ObjectKeyFromObject(group), &live); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(live.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Status != status || ready.Reason != reason {
			return fmt.Errorf("the condition is %+v", ready)
		}
		return nil
	})
}
