package scenario

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// offering is an entry of offerings.
type offering struct {
	ID           string `json:"id"`
	Plan         string `json:"plan"`
	DatacenterID string `json:"datacenterID"`
	// CPU is in thousandths of a core, MemoryMiB in mebibytes.
	CPU         int64 `json:"cpu"`
	MemoryMiB   int64 `json:"memoryMiB"`
	Pods        int64 `json:"pods"`
	PriceHourly price `json:"priceHourly"`
	// Resources are further ones, such as ephemeral-storage.
	Resources corev1.ResourceList `json:"resources"`
	Labels    map[string]string   `json:"labels"`
	Overhead  overhead            `json:"overhead"`
	SoldOut   bool                `json:"soldOut"`
}

// overhead is what a machine's system keeps from pods, in the units of the offering.
type overhead struct {
	CPU       int64 `json:"cpu"`
	MemoryMiB int64 `json:"memoryMiB"`
	Pods      int64 `json:"pods"`
}

// Amounts that no machine has: what is above them is a slip of the unit.
const (
	mostMilliCPU = 1_000_000_000
	mostMiB      = 1_000_000_000
	mostPods     = 100_000
)

// market is what the document says of it.
type market struct {
	// datacenters are those that offerings name, and nowhere the place of the first offering that names none.
	datacenters map[string]bool
	nowhere     *Fault
	offeringIDs map[string]bool
}

func takeOffering(e *element) {
	var o offering
	if !e.decode(&o) || !e.isOffering(&o) {
		return
	}
	e.unique(place{"offering", o.DatacenterID, o.ID}, "id")
	m := &e.reader.market
	if o.DatacenterID == "" {
		if m.nowhere == nil {
			m.nowhere = new(e.spot())
		}
	} else {
		setKey(&m.datacenters, o.DatacenterID)
	}
	setKey(&m.offeringIDs, o.ID)
	snapshot := &e.reader.scenario.Snapshot
	snapshot.Offerings = append(snapshot.Offerings, o.planned())
}

func setKey(set *map[string]bool, key string) {
	if *set == nil {
		*set = map[string]bool{}
	}
	(*set)[key] = true
}

// isOffering reports what is missing or cannot be.
func (e *element) isOffering(o *offering) bool {
	before := len(e.reader.faults)
	if o.ID == "" {
		e.wrong("this offering has no id: add one, by which the plan can name it", "id")
	}
	if !o.PriceHourly.given {
		e.wrong("this offering has no price: add priceHourly, a number", "priceHourly")
	}
	for _, amount := range []struct {
		key                  string
		unit                 string
		total, kept, highest int64
	}{
		{"cpu", "thousandths of a core", o.CPU, o.Overhead.CPU, mostMilliCPU},
		{"memoryMiB", "MiB", o.MemoryMiB, o.Overhead.MemoryMiB, mostMiB},
		{"pods", "pods", o.Pods, o.Overhead.Pods, mostPods},
	} {
		switch {
		case amount.total <= 0 || amount.total > amount.highest:
			e.wrong(fmt.Sprintf("%d: want a number of %s from 1 to %d", amount.total, amount.unit, amount.highest), amount.key)
		case amount.kept < 0:
			e.wrong(fmt.Sprintf("%d is negative: want 0 or more %s", amount.kept, amount.unit), "overhead", amount.key)
		case amount.kept > amount.total:
			e.wrong(fmt.Sprintf("%d is more than the %d %s that the offering has: nothing would be left for pods",
				amount.kept, amount.total, amount.unit), "overhead", amount.key)
		}
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourcePods} {
		if _, given := o.Resources[name]; given {
			e.wrong(fmt.Sprintf("%s has a key of its own: use cpu, memoryMiB and pods of the offering", name), "resources", string(name))
		}
	}
	return len(e.reader.faults) == before
}

// planned is the offering as the planner sees it.
func (o *offering) planned() plan.Offering {
	allocatable := corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(o.CPU-o.Overhead.CPU, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity((o.MemoryMiB-o.Overhead.MemoryMiB)<<20, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(o.Pods-o.Overhead.Pods, resource.DecimalSI),
	}
	maps.Copy(allocatable, o.Resources)
	name := o.Plan
	if name == "" {
		name = o.ID
	}
	labels := map[string]string{corev1.LabelInstanceTypeStable: name, corev1.LabelOSStable: string(corev1.Linux)}
	maps.Copy(labels, o.Labels)
	return plan.Offering{
		ID: o.ID, Name: name, DatacenterID: o.DatacenterID, Labels: labels, Allocatable: allocatable,
		Price: o.PriceHourly.hourly, SoldOut: o.SoldOut,
	}
}
