// Package overlays_test builds the kustomize overlays as kubectl does, and shows them to a real API server.
package overlays_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

const root = "../.."

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, controlplane.Options{})) }

// render builds a folder below kustomize/.
func render(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(root, "kustomize", folder))
	if err != nil {
		t.Fatal(err)
	}
	var objects []*unstructured.Unstructured
	for _, resource := range built.Resources() {
		content, err := resource.Map()
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, &unstructured.Unstructured{Object: content})
	}
	return objects
}

// names are those of the objects of a kind.
func names(objects []*unstructured.Unstructured, kind string) []string {
	var found []string
	for _, object := range objects {
		if object.GetKind() == kind {
			found = append(found, object.GetName())
		}
	}
	return found
}

func webhookDeployment(t *testing.T, objects []*unstructured.Unstructured) *appsv1.Deployment {
	t.Helper()
	for _, object := range objects {
		if object.GetKind() == "Deployment" && object.GetName() == "vpsie-webhook" {
			var deployment appsv1.Deployment
			if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &deployment, true); err != nil {
				t.Fatal(err)
			}
			return &deployment
		}
	}
	t.Fatal("there is no Deployment of the webhook")
	return nil
}

func TestTheAPIServerTakesEveryOverlay(t *testing.T) {
	cluster := controlplanetest.Shared(t)
	api, err := client.New(cluster.Config(), client.Options{Scheme: build.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	cluster.ApplyManifests(t, filepath.Join(root, "manifests", "namespace.yaml"))
	for _, folder := range []string{"base", "overlays/cert-manager", "overlays/exact-diagnoses"} {
		for _, object := range render(t, folder) {
			if strings.HasPrefix(object.GetAPIVersion(), "cert-manager.io/") {
				continue // cert-manager is not installed here
			}
			err := api.Create(t.Context(), object, client.DryRunAll, client.FieldValidation("Strict"))
			if err != nil && !apierrors.IsAlreadyExists(err) {
				t.Errorf("%s: %s %s: %v", folder, object.GetKind(), object.GetName(), err)
			}
		}
	}
}

func TestEveryManifestIsInTheBase(t *testing.T) {
	objects := render(t, "base")
	for kind, want := range map[string]int{
		"CustomResourceDefinition": 2, "ServiceAccount": 3, "MutatingWebhookConfiguration": 1, "ValidatingWebhookConfiguration": 1,
		"ValidatingAdmissionPolicy": 1, "Deployment": 1, "PodDisruptionBudget": 1, "Namespace": 1,
	} {
		if found := names(objects, kind); len(found) != want {
			t.Errorf("%d of kind %s, want %d: %v", len(found), kind, want, found)
		}
	}
}

func TestTheWebhookRunsTwiceAndWithLittleRights(t *testing.T) {
	deployment := webhookDeployment(t, render(t, "base"))
	pod := deployment.Spec.Template.Spec
	container := pod.Containers[0]
	if *deployment.Spec.Replicas < 2 || len(pod.TopologySpreadConstraints) != 1 || deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue() != 0 {
		t.Errorf("%d replicas, spread %v, strategy %v", *deployment.Spec.Replicas, pod.TopologySpreadConstraints, deployment.Spec.Strategy)
	}
	if limits := container.SecurityContext; !*pod.SecurityContext.RunAsNonRoot || !*limits.ReadOnlyRootFilesystem || *limits.AllowPrivilegeEscalation ||
		!slices.Contains(limits.Capabilities.Drop, corev1.Capability("ALL")) {
		t.Errorf("security contexts %+v and %+v", pod.SecurityContext, limits)
	}
	var environ []string
	for _, variable := range container.Env {
		environ = append(environ, variable.Name+"="+variable.Value)
	}
	settings, err := config.Load(config.LoadOptions{Command: config.Command(container.Args[0]), Args: container.Args[1:], Environ: environ})
	if err != nil {
		t.Fatalf("the process would not start: %v", err)
	}
	if settings.Webhook.CertDir != container.VolumeMounts[0].MountPath || int32(settings.Webhook.Port) != container.Ports[0].ContainerPort {
		t.Errorf("the process uses %s and port %d, the container has %v and %v", settings.Webhook.CertDir, settings.Webhook.Port, container.VolumeMounts, container.Ports)
	}
}

func TestCertManagerTakesTheRotationOver(t *testing.T) {
	objects := render(t, "overlays/cert-manager")
	for _, object := range objects {
		if strings.HasSuffix(object.GetKind(), "WebhookConfiguration") && object.GetAnnotations()["cert-manager.io/inject-ca-from"] != "vpsie-system/vpsie-webhook" {
			t.Errorf("%s is not given the authority: %v", object.GetKind(), object.GetAnnotations())
		}
		if object.GetKind() == "Certificate" {
			dns, _, err := unstructured.NestedStringSlice(object.Object, "spec", "dnsNames")
			if err != nil || !slices.Contains(dns, "vpsie-webhook.vpsie-system.svc") || object.GetName() != "vpsie-webhook" {
				t.Errorf("Certificate %s is for %v, %v", object.GetName(), dns, err)
			}
		}
	}
	if left := names(objects, "Secret"); len(left) != 0 {
		t.Errorf("Secrets %v are left for the rotation", left)
	}
	for _, kind := range []string{"Role", "RoleBinding"} {
		if left := names(objects, kind); slices.ContainsFunc(left, func(name string) bool { return strings.Contains(name, "webhook") }) {
			t.Errorf("%ss %v are left for the rotation", kind, left)
		}
	}
	deployment := webhookDeployment(t, objects)
	pod := deployment.Spec.Template.Spec
	if !slices.Contains(pod.Containers[0].Args, "--webhook-rotate-certificates=false") || pod.Volumes[0].Secret.SecretName != "vpsie-webhook-tls" || !pod.Containers[0].VolumeMounts[0].ReadOnly {
		t.Errorf("arguments %v, volumes %v", pod.Containers[0].Args, pod.Volumes)
	}
}
