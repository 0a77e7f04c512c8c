package bootstrap

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// MaxPods is the number of pods a kubelet runs by default.
const MaxPods = 110

const (
	mebi = 1 << 20
	gibi = 1 << 30
)

// evictionThreshold is the memory at which the kubelet starts to evict pods; it is never available to them.
const evictionThreshold = 100 * mebi

// reservedStep is one step of a progressive reservation: of the next `upTo` units, `permille` thousandths.
type reservedStep struct {
	upTo     int64
	permille int64
}

// The reservations are the progressive scale that managed Kubernetes services publish for kubelet and container runtime: large
// machines need more than small ones, but not in proportion.
var (
	cpuSteps = []reservedStep{ // millicores
		{1000, 60}, {1000, 10}, {2000, 5},
	}
	cpuRestPermille = int64(3)

	memorySteps = []reservedStep{ // bytes
		{4 * gibi, 250}, {4 * gibi, 200}, {8 * gibi, 100}, {112 * gibi, 60},
	}
	memoryRestPermille = int64(20)
)

func reserve(total int64, steps []reservedStep, restPermille int64) int64 {
	var reserved int64
	for _, step := range steps {
		part := min(total, step.upTo)
		reserved += part / 1000 * step.permille
		total -= part
	}
	return reserved + total/1000*restPermille
}

// Reserved is what a kubelet on a machine of the given capacity keeps for itself and the container runtime. It is passed to
// the kubelet as --kube-reserved, so that forecast and reality agree.
func Reserved(capacity corev1.ResourceList) corev1.ResourceList {
	cpu := reserve(capacity.Cpu().MilliValue(), cpuSteps, cpuRestPermille)
	memory := reserve(capacity.Memory().Value(), memorySteps, memoryRestPermille)
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(cpu, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(memory/mebi*mebi, resource.BinarySI),
	}
}

// Forecast is what pods will find on a machine of the given capacity before DaemonSets. memoryOverheadPercent, from 0 to 99,
// is the part of the nominal memory that the guest's firmware and kernel take before the kubelet can count it.
func Forecast(capacity corev1.ResourceList, memoryOverheadPercent int64) corev1.ResourceList {
	reserved := Reserved(capacity)
	visible := capacity.Memory().Value() * (100 - memoryOverheadPercent) / 100
	memory := max(0, visible-reserved.Memory().Value()-evictionThreshold)
	cpu := max(0, capacity.Cpu().MilliValue()-reserved.Cpu().MilliValue())
	// The kubelet keeps a tenth of the disk free by its default eviction threshold nodefs.available<10%.
	disk := capacity.StorageEphemeral().Value() / 10 * 9
	return corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewMilliQuantity(cpu, resource.DecimalSI),
		corev1.ResourceMemory:           *resource.NewQuantity(memory, resource.BinarySI),
		corev1.ResourceEphemeralStorage: *resource.NewQuantity(disk, resource.BinarySI),
		corev1.ResourcePods:             *resource.NewQuantity(MaxPods, resource.DecimalSI),
	}
}
