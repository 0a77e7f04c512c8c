package provisioner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	resourcehelpers "k8s.io/component-helpers/resource"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func daemonSet(name string, spec corev1.PodSpec) *appsv1.DaemonSet {
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: name}}
	set.Spec.Template.Labels = map[string]string{"app": name}
	set.Spec.Template.Spec = spec
	return set
}

func TestDaemonSetsTakeTheirPlaceFirst(t *testing.T) {
	w := newWorld(t, web().Obj(), daemonSet("logs", build.Pod("logs").Requests("200m", "256Mi").Obj().Spec))
	w.waiting(half("a"), half("b"))
	w.plan()
	w.wantShopping("web general-2: default/a", "web general-2: default/b")
}

func TestADaemonSetThatIsBeingDeletedTakesNoPlace(t *testing.T) {
	set := daemonSet("logs", build.Pod("logs").Requests("200m", "256Mi").Obj().Spec)
	now := metav1.Now()
	set.DeletionTimestamp, set.Finalizers = &now, []string{metav1.FinalizerDeleteDependents}
	w := newWorld(t, web().Obj(), set)
	w.waiting(half("a"), half("b"))
	w.plan()
	w.wantShopping("web general-2: default/a default/b")
}

// cores are a list with nothing but CPU.
func cores(amount string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(amount)}
}

// A template lacks what the API server fills into pods; the daemon in a snapshot must not.
func TestDaemonsAreLikeThePodsThatTheAPIServerMakes(t *testing.T) {
	ports := []corev1.ContainerPort{{ContainerPort: 9100}, {ContainerPort: 80, HostPort: 8080}}
	tests := map[string]struct {
		spec      corev1.PodSpec
		cpu       string
		hostPorts []int32
		networked bool
	}{
		"requests and a host port": {
			spec: corev1.PodSpec{Containers: []corev1.Container{{Ports: ports, Resources: corev1.ResourceRequirements{Requests: cores("100m")}}}},
			cpu:  "100m", hostPorts: []int32{0, 8080}, networked: true,
		},
		"the host's network": {
			spec:      corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Ports: ports}}},
			hostPorts: []int32{9100, 8080},
		},
		"limits without requests": {
			spec: corev1.PodSpec{Containers: []corev1.Container{{Resources: corev1.ResourceRequirements{Limits: cores("300m")}}}},
			cpu:  "300m", networked: true,
		},
		"limits above requests": {
			spec: corev1.PodSpec{Containers: []corev1.Container{{Resources: corev1.ResourceRequirements{Limits: cores("300m"), Requests: cores("100m")}}}},
			cpu:  "100m", networked: true,
		},
		"limits of an init container": {
			spec: corev1.PodSpec{
				InitContainers: []corev1.Container{{Resources: corev1.ResourceRequirements{Limits: cores("500m")}}},
				Containers:     []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: cores("100m")}}},
			},
			cpu: "500m", networked: true,
		},
		"limits of the whole pod": {
			spec: corev1.PodSpec{Resources: &corev1.ResourceRequirements{Limits: cores("700m")}, Containers: []corev1.Container{{}}},
			cpu:  "700m", networked: true,
		},
		"limits of the whole pod above its containers' requests": {
			spec: corev1.PodSpec{
				Resources:  &corev1.ResourceRequirements{Limits: cores("700m")},
				Containers: []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: cores("200m")}}},
			},
			cpu: "200m", networked: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set := daemonSet("logs", test.spec)
			daemons := newWorld(t, set).snapshot().Daemons
			if len(daemons) != 1 {
				t.Fatalf("%d daemons, want 1", len(daemons))
			}
			pod := daemons[0]
			if pod.Namespace != "kube-system" || pod.Labels["app"] != "logs" {
				t.Errorf("daemon %s/%s with labels %v", pod.Namespace, pod.Name, pod.Labels)
			}
			want := resource.MustParse("0")
			if test.cpu != "" {
				want = resource.MustParse(test.cpu)
			}
			if got := resourcehelpers.PodRequests(pod, resourcehelpers.PodResourcesOptions{}); got.Cpu().Cmp(want) != 0 {
				t.Errorf("it requests %s of CPU, want %s", got.Cpu(), &want)
			}
			var hostPorts []int32
			for _, port := range pod.Spec.Containers[0].Ports {
				hostPorts = append(hostPorts, port.HostPort)
			}
			if diff := cmp.Diff(test.hostPorts, hostPorts); diff != "" {
				t.Errorf("host ports (-want +got):\n%s", diff)
			}
			if got := tolerates(pod, corev1.TaintNodeNetworkUnavailable); got == test.networked || !tolerates(pod, corev1.TaintNodeUnschedulable) {
				t.Errorf("tolerations %v", pod.Spec.Tolerations)
			}
		})
	}
}

func tolerates(pod *corev1.Pod, key string) bool {
	for _, toleration := range pod.Spec.Tolerations {
		if toleration.Key == key && toleration.Operator == corev1.TolerationOpExists {
			return true
		}
	}
	return false
}
