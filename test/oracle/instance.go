package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Instance is a small planning problem: no nodes yet, one group, a few kinds of pods and a few machines to choose from.
type Instance struct {
	kinds    []kind
	machines []machine
}

// kind are pods that are equal.
type kind struct {
	count         int
	milliCPU, mib int64
	// zone is where they must run; empty means anywhere.
	zone string
	// alone allows one of them on a node.
	alone bool
}

// machine is an offering.
type machine struct {
	milliCPU, mib, pods int64
	zone                string
	price               money.PerHour
}

// cent is the step of the instances' prices, a hundredth of a cent an hour: it keeps the solver's arithmetic exact.
const cent = money.PerHour(100_000)

// Draw makes the instance of a seed: three to twelve kinds of pods, two to twelve offerings in up to three zones with prices that
// may be far from linear, and as many pods as three to eight machines hold. It is always the same for a seed.
func Draw(seed uint64) *Instance {
	r := rand.New(rand.NewPCG(seed, 0x0a0c1e))
	i := &Instance{}
	zones := []string{"a", "b", "c"}[:1+r.IntN(3)]
	for range 2 + r.IntN(4) {
		i.machines = append(i.machines, drawMachines(r, zones)...)
	}
	largest := i.machines[0]
	for _, m := range i.machines {
		if m.milliCPU*m.mib > largest.milliCPU*largest.mib {
			largest = m
		}
	}
	kinds := 3 + r.IntN(10)
	room := float64(3+r.IntN(6)) / float64(kinds) // of machines for each kind
	for range kinds {
		i.kinds = append(i.kinds, drawKind(r, largest, zones, room))
	}
	return i
}

// drawMachines draws a size and its price in each zone.
func drawMachines(r *rand.Rand, zones []string) []machine {
	cores := []int64{2, 4, 8, 16}[r.IntN(4)]
	gib := cores * []int64{1, 2, 4, 8}[r.IntN(4)]
	price := (0.0105*float64(cores) + 0.0036*float64(gib)) * (0.7 + 0.6*r.Float64()) * math.Pow(float64(cores)/8, 0.4*r.Float64()-0.2)
	var list []machine
	for n, zone := range zones {
		list = append(list, machine{
			milliCPU: cores*1000 - 500, mib: gib<<10 - 512, pods: 6 + r.Int64N(20), zone: zone,
			price: money.PerHour(price*(1+0.03*float64(n))*1e4) * cent,
		})
	}
	return list
}

// drawKind draws pods of which three to eight, or one large one, fill the largest machine.
func drawKind(r *rand.Rand, largest machine, zones []string, room float64) kind {
	share := 1 / (1 + 7*r.Float64())
	tilt := 0.4 + 1.2*r.Float64()
	k := kind{
		milliCPU: max(50, min(largest.milliCPU, int64(float64(largest.milliCPU)*share*tilt)/10*10)),
		mib:      max(64, min(largest.mib, int64(float64(largest.mib)*share/tilt)/16*16)),
	}
	k.count = 1 + int(room/share*r.Float64())
	if r.IntN(4) == 0 {
		k.zone = zones[r.IntN(len(zones))]
	}
	k.alone = r.IntN(6) == 0 && k.count <= 4
	return k
}

// Snapshot is the instance as the planner gets it.
func (i *Instance) Snapshot() *plan.Snapshot {
	s := &plan.Snapshot{Groups: []plan.Group{{Key: "default/all", Max: 1 << 20, ScaleUp: true, DatacenterID: "dc"}}}
	for n, m := range i.machines {
		s.Offerings = append(s.Offerings, plan.Offering{
			ID: fmt.Sprintf("m%d", n), Name: fmt.Sprintf("m%d", n), DatacenterID: "dc", Price: m.price,
			Labels:      map[string]string{corev1.LabelTopologyZone: m.zone},
			Allocatable: resources(m.milliCPU, m.mib, m.pods),
		})
	}
	for n, k := range i.kinds {
		for c := range k.count {
			s.Pods = append(s.Pods, k.pod(fmt.Sprintf("k%d", n), c))
		}
	}
	return s
}

func (k kind) pod(label string, number int) *corev1.Pod {
	requests := resources(k.milliCPU, k.mib, 0)
	delete(requests, corev1.ResourcePods)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("%s-%d", label, number), Labels: map[string]string{"kind": label}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{Requests: requests}}}},
		Status: corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
			{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable},
		}},
	}
	if k.zone != "" {
		pod.Spec.NodeSelector = map[string]string{corev1.LabelTopologyZone: k.zone}
	}
	if k.alone {
		pod.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
				{TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: pod.Labels}},
			},
		}}
	}
	return pod
}

func resources(milliCPU, mib, pods int64) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(milliCPU, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(mib<<20, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(pods, resource.DecimalSI),
	}
}

// String lists the instance for people.
func (i *Instance) String() string {
	var b strings.Builder
	for n, m := range i.machines {
		fmt.Fprintf(&b, "m%d: %dm %dMi %d pods in zone %s for %s\n", n, m.milliCPU, m.mib, m.pods, m.zone, m.price)
	}
	for n, k := range i.kinds {
		fmt.Fprintf(&b, "k%d: %d pods of %dm %dMi, zone %q, alone %t\n", n, k.count, k.milliCPU, k.mib, k.zone, k.alone)
	}
	return b.String()
}
