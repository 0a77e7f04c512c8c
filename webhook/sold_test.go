package webhook_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/localca"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/admissiontest"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/webhook"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// Given the webhook as it is set up, with a cloud, then pods and NodeGroups are compared with what that cloud sells.
func TestWhatIsSoldReachesPodsAndNodeGroups(t *testing.T) {
	api, namespace := writer(t)
	group := soundGroup(both(labelled("sold", "test"), apart))
	group.Namespace = namespace
	if err := api.Create(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	authority, err := localca.New("webhook of a test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	dir := admissiontest.CertDir(t, authority)
	manager := admissiontest.Manager(t, controlplanetest.Shared(t), admissiontest.FreeAddress(t), dir)
	if err := webhook.Setup(t.Context(), manager, webhook.Options{
		Namespace: "vpsie-system", CertDir: dir, Pods: webhook.PodOptions{Policy: pod.PolicyDeny},
		Cloud: &webhook.Cloud{
			Datacenters: shelf{}.datacenters, Offerings: shelf{}.offerings, Capabilities: cloud.Capabilities{}.Insert(cloud.CapabilityUserData),
		},
	}); err != nil {
		t.Fatal(err)
	}
	endpoint := manager.GetWebhookServer().WebhookMux()
	admissiontest.Run(t, manager)

	small := build.Pod("small").Requests("2", "1Gi").Selects(v1alpha1.LabelNodeGroup, group.Name).Selects("sold", "test").Obj()
	giant := build.Pod("giant").Requests("32", "1Gi").Selects(v1alpha1.LabelNodeGroup, group.Name).Selects("sold", "test").Obj()
	unsold := soundGroup(func(s *v1alpha1.NodeGroupSpec) { s.OfferingIDs = []string{"giant"} })
	for _, c := range []struct {
		what, path string
		object     any
		allowed    bool
	}{
		{"a pod for which nothing is large enough", webhook.PathPodValidation, giant, false},
		{"a pod for which something is", webhook.PathPodValidation, small, true},
		{"a group that asks for what is sold elsewhere", webhook.PathNodeGroup, unsold, false},
	} {
		controlplanetest.Eventually(t, c.what+" to be judged", func(context.Context) error {
			answer := send(t, endpoint, c.path, "application/json", review(t, admissionv1.Create, c.object, nil))
			if answer.Allowed != c.allowed {
				return fmt.Errorf("allowed is %t, want %t: %v", answer.Allowed, c.allowed, answer)
			}
			return nil
		})
	}
}
