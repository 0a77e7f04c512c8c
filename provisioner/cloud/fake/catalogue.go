package fake

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Identifiers of the default data centres.
const (
	DatacenterAmsterdam = "dc-amsterdam"
	DatacenterHelsinki  = "dc-helsinki"
)

// Identifiers of the default offerings; each is sold in both default data centres at the same price. Prices are made up.
const (
	OfferingStarter1 = "starter-1" // 1 CPU, 2 GiB, $8 a month
	OfferingGeneral2 = "general-2" // 2 CPU, 8 GiB, $44 a month
	OfferingGeneral4 = "general-4" // 4 CPU, 16 GiB, $88 a month
	OfferingGeneral8 = "general-8" // 8 CPU, 32 GiB, $176 a month
	OfferingCompute4 = "compute-4" // 4 CPU, 8 GiB, $72 a month
	OfferingMemory4  = "memory-4"  // 4 CPU, 32 GiB, $128 a month
)

// DefaultDatacenters are the data centres of a Cloud that was given none.
func DefaultDatacenters() []cloud.Datacenter {
	return []cloud.Datacenter{
		{ID: DatacenterAmsterdam, Name: "Amsterdam"},
		{ID: DatacenterHelsinki, Name: "Helsinki"},
	}
}

// DefaultOfferings are the offerings of a Cloud that was given none.
func DefaultOfferings() []cloud.Offering {
	sizes := []struct {
		id                          string
		cpu, memoryGiB, diskGB, usd int64
	}{
		{OfferingStarter1, 1, 2, 40, 8},
		{OfferingGeneral2, 2, 8, 100, 44},
		{OfferingGeneral4, 4, 16, 200, 88},
		{OfferingGeneral8, 8, 32, 400, 176},
		{OfferingCompute4, 4, 8, 100, 72},
		{OfferingMemory4, 4, 32, 200, 128},
	}
	var offerings []cloud.Offering
	for _, datacenter := range DefaultDatacenters() {
		for _, size := range sizes {
			offerings = append(offerings, cloud.Offering{
				ID: size.id, Name: size.id, DatacenterID: datacenter.ID, Arch: "amd64",
				Capacity: corev1.ResourceList{
					corev1.ResourceCPU:              *resource.NewQuantity(size.cpu, resource.DecimalSI),
					corev1.ResourceMemory:           *resource.NewQuantity(size.memoryGiB<<30, resource.BinarySI),
					corev1.ResourceEphemeralStorage: *resource.NewQuantity(size.diskGB*1e9, resource.DecimalSI),
				},
				Price: money.PerMonth(size.usd * 1e9).Hourly(money.HoursPerMonth),
			})
		}
	}
	return offerings
}
