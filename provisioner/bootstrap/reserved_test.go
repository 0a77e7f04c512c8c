package bootstrap_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
)

func capacity(cpu, memory, disk string) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
		corev1.ResourceEphemeralStorage: resource.MustParse(disk),
	}
}

// amounts are CPU in millicores, memory in MiB, disk in bytes and pods.
type amounts struct{ CPU, Memory, Disk, Pods int64 }

func amountsOf(list corev1.ResourceList) amounts {
	return amounts{
		CPU: list.Cpu().MilliValue(), Memory: list.Memory().Value() >> 20, Disk: list.StorageEphemeral().Value(), Pods: list.Pods().Value(),
	}
}

func TestForecastTakesTheReservationsOff(t *testing.T) {
	tests := map[string]struct {
		capacity corev1.ResourceList
		overhead int64
		want     amounts
	}{
		"1 CPU, 2 GiB":             {capacity("1", "2Gi", "40G"), 0, amounts{940, 2048 - 511 - 100, 36e9, 110}},
		"2 CPU, 8 GiB":             {capacity("2", "8Gi", "100G"), 0, amounts{1930, 8192 - 1843 - 100, 90e9, 110}},
		"4 CPU, 16 GiB":            {capacity("4", "16Gi", "200G"), 0, amounts{3920, 16384 - 2662 - 100, 180e9, 110}},
		"8 CPU, 32 GiB":            {capacity("8", "32Gi", "400G"), 0, amounts{7908, 32768 - 3645 - 100, 360e9, 110}},
		"a part the guest misses":  {capacity("2", "8Gi", "100G"), 5, amounts{1930, 7782 - 1843 - 100, 90e9, 110}},
		"too small to hold a pod":  {capacity("0", "100Mi", "0"), 0, amounts{0, 0, 0, 110}},
		"a size nobody told about": {corev1.ResourceList{}, 7, amounts{0, 0, 0, 110}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, amountsOf(bootstrap.Forecast(test.capacity, test.overhead))); diff != "" {
				t.Errorf("forecast (-want +got):\n%s", diff)
			}
		})
	}
}

func TestALargerMachineReservesMoreAndLeavesMore(t *testing.T) {
	var reserved, left amounts
	for gib := int64(1); gib <= 512; gib *= 2 {
		size := corev1.ResourceList{
			corev1.ResourceCPU: *resource.NewQuantity(gib, resource.DecimalSI), corev1.ResourceMemory: *resource.NewQuantity(gib<<30, resource.BinarySI),
		}
		r, l := amountsOf(bootstrap.Reserved(size)), amountsOf(bootstrap.Forecast(size, 0))
		if r.CPU <= reserved.CPU || r.Memory <= reserved.Memory || l.CPU <= left.CPU || l.Memory <= left.Memory {
			t.Errorf("%d CPU and GiB: reserved %+v after %+v, left %+v after %+v", gib, r, reserved, l, left)
		}
		reserved, left = r, l
	}
}
