package agreement

import (
	"fmt"
	"math/rand/v2"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// namespace holds the groups and the pods.
const namespace = "agreement"

// shapes are what pods ask for: from many to a core to half a machine, and lean towards either resource.
var shapes = []struct{ cpu, memory string }{
	{"100m", "128Mi"}, {"250m", "256Mi"}, {"250m", "1Gi"}, {"500m", "512Mi"}, {"500m", "2Gi"},
	{"750m", "768Mi"}, {"1", "1Gi"}, {"1", "3Gi"}, {"1500m", "2Gi"}, {"2", "4Gi"},
}

// Deployments draws workloads of so many pods in all from a seed: each of another size, one shape each, in random order, some of them
// for the machines of one group only.
func Deployments(seed uint64, pods int) []*appsv1.Deployment {
	random := rand.New(rand.NewPCG(seed, 1))
	var drawn []*appsv1.Deployment
	for left := pods; left > 0; {
		replicas := min(left, 5+random.IntN(max(pods/8, 1)))
		left -= replicas
		shape := shapes[random.IntN(len(shapes))]
		deployment := deployment(fmt.Sprintf("app-%02d", len(drawn)), int32(replicas), shape.cpu, shape.memory)
		if random.IntN(3) == 0 {
			deployment.Spec.Template.Spec.NodeSelector = map[string]string{tier: tiers[random.IntN(len(tiers))]}
		}
		drawn = append(drawn, deployment)
	}
	return drawn
}

func deployment(name string, replicas int32, cpu, memory string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{
					Name: "main", Image: "registry.k8s.io/pause:3.10",
					Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
						corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
					}},
				}}},
			},
		},
	}
}

// tier is the label that tells the groups apart.
const tier = "tier"

var tiers = []string{"blue", "green"}

// Cores bound the machines that may be bought: of small ones many are needed.
type Cores struct{ Least, Most int }

// groups are two groups with room for any workload, in a data centre of the simulated cloud.
func groups(datacenter catalogue.Datacenter, cores Cores) []*v1alpha1.NodeGroup {
	var offerings []string
	for _, plan := range datacenter.Plans() {
		if plan.CPU >= cores.Least && plan.CPU <= cores.Most {
			offerings = append(offerings, plan.Identifier)
		}
	}
	var all []*v1alpha1.NodeGroup
	for _, name := range tiers {
		all = append(all, &v1alpha1.NodeGroup{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec: v1alpha1.NodeGroupSpec{
				MaxNodes: 300, DatacenterID: datacenter.Identifier, OfferingIDs: offerings, Labels: map[string]string{tier: name},
			},
		})
	}
	return all
}
