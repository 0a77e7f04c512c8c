package machine

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// visibleMemoryPercent is how much of the nominal memory the guest sees; firmware and kernel keep the rest.
const visibleMemoryPercent = 97

// capacity is what the kubelet finds on a machine of the plan.
func capacity(plan catalogue.Plan, maxPods int64) corev1.ResourceList {
	const kibi, gibi = 1 << 10, 1 << 30
	memoryKi := int64(plan.MemoryMB) * kibi * visibleMemoryPercent / 100 // a kubelet reports whole kibibytes
	return corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewQuantity(int64(plan.CPU), resource.DecimalSI),
		corev1.ResourceMemory:           *resource.NewQuantity(memoryKi*kibi, resource.BinarySI),
		corev1.ResourceEphemeralStorage: *resource.NewQuantity(int64(plan.DiskGB)*gibi, resource.BinarySI),
		corev1.ResourcePods:             *resource.NewQuantity(maxPods, resource.DecimalSI),
	}
}

// evictionSignals are the signals whose hard threshold reduces what pods may use.
var evictionSignals = map[corev1.ResourceName]string{
	corev1.ResourceMemory:           "memory.available",
	corev1.ResourceEphemeralStorage: "nodefs.available",
}

// allocatable is the capacity less what is reserved and what hard eviction keeps free. The error names a threshold that is
// neither a quantity nor a percentage.
func (a kubeletArgs) allocatable(capacity corev1.ResourceList) (corev1.ResourceList, error) {
	left := corev1.ResourceList{}
	for name, total := range capacity {
		rest := total.DeepCopy()
		for _, reserved := range a.reserved {
			rest.Sub(reserved[name])
		}
		threshold, err := hardThreshold(a.evictionHard[evictionSignals[name]], total)
		if err != nil {
			return nil, err
		}
		rest.Sub(threshold)
		if rest.Sign() < 0 {
			rest.Set(0)
		}
		left[name] = rest
	}
	return left, nil
}

// hardThreshold reads a threshold: nothing, a quantity, or a percentage of the total.
func hardThreshold(value string, total resource.Quantity) (resource.Quantity, error) {
	if value == "" {
		return resource.Quantity{}, nil
	}
	if number, isPercentage := strings.CutSuffix(value, "%"); isPercentage {
		percent, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return resource.Quantity{}, fmt.Errorf("kubelet flag eviction-hard: %q is not a percentage", value)
		}
		return *resource.NewQuantity(int64(float64(total.Value())*percent/100), total.Format), nil
	}
	quantity, err := resource.ParseQuantity(value)
	if err != nil {
		return resource.Quantity{}, fmt.Errorf("kubelet flag eviction-hard: %q: %w", value, err)
	}
	return quantity, nil
}
