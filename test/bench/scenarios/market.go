package scenarios

import (
	"fmt"
	"math"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
)

// Prices says how the price of a plan depends on its size.
type Prices int

// Shapes of price lists.
const (
	// Linear: a core and a GiB cost about the same in every plan of a family.
	Linear Prices = iota
	// Steep: a core of a large plan costs more than one of a small plan.
	Steep
	// Discount: a core of a large plan costs less.
	Discount
	// Wild: no rule; plans are up to 30 per cent cheaper or dearer than their size says.
	Wild
)

// Market describes a catalogue. It has Plans x Zones offerings.
type Market struct {
	Plans  int
	Zones  int
	Prices Prices
}

// family is a line of plans with a common processor and price level.
type family struct {
	name  string
	arch  string
	level float64 // of prices
	sizes []size
}

type size struct{ cores, gib int64 }

var families = []family{
	{"std", "amd64", 0.91, []size{{1, 1}, {1, 2}, {2, 2}, {2, 4}, {4, 8}, {6, 16}, {8, 16}, {8, 32}}},
	{"gen", "amd64", 1, []size{{2, 8}, {4, 16}, {8, 32}, {16, 64}, {24, 96}, {32, 128}, {48, 192}, {64, 256}}},
	{"cpu", "amd64", 1, []size{{2, 4}, {4, 8}, {8, 16}, {16, 32}, {32, 64}, {48, 96}, {64, 128}}},
	{"mem", "amd64", 1, []size{{2, 16}, {4, 32}, {8, 64}, {16, 128}, {24, 192}, {32, 256}}},
	{"prem", "amd64", 1.18, []size{{2, 4}, {4, 8}, {8, 32}, {16, 64}}},
	{"arm", "arm64", 0.93, []size{{2, 4}, {4, 8}, {8, 16}, {16, 32}, {4, 16}, {8, 32}, {16, 64}}},
}

// generations multiply the families for catalogues of more plans than they have.
var generations = []struct {
	suffix        string
	level, memory float64
}{{"", 1, 1}, {"2", 0.97, 0.75}, {"3", 1.04, 1.5}}

// surcharges are those of the zones a to f.
var surcharges = []float64{1, 1, 1.03, 1.01, 1.05, 0.98}

// Hourly dollars of a core, of a GiB, and of any machine.
const perCore, perGiB, perMachine = 0.0105, 0.0036, 0.0015

// plan is a size of machine before it is offered in zones.
type plan struct {
	name  string
	arch  string
	price float64
	size
}

// catalogue draws the offerings of a market.
func catalogue(r *rand.Rand, m Market) []Offering {
	all := plans(r, m.Prices)
	if m.Plans > len(all) || m.Zones > len(surcharges) {
		panic(fmt.Sprintf("there are %d plans and %d zones, not %d and %d", len(all), len(surcharges), m.Plans, m.Zones))
	}
	pool := min(len(all), max(m.Plans, len(all)/len(generations))) // small markets choose from the first generation
	var offerings []Offering
	for i := range m.Plans {
		p := all[i*pool/m.Plans]
		for zone := range m.Zones {
			offerings = append(offerings, p.in(zone))
		}
	}
	return offerings
}

func plans(r *rand.Rand, prices Prices) []plan {
	var all []plan
	for _, g := range generations {
		for _, f := range families {
			for _, s := range f.sizes {
				s.gib = int64(math.Ceil(float64(s.gib) * g.memory))
				price := (perCore*float64(s.cores)+perGiB*float64(s.gib))*f.level*g.level*prices.factor(r, s.cores) + perMachine
				all = append(all, plan{name: fmt.Sprintf("%s%s-%dc-%dg", f.name, g.suffix, s.cores, s.gib), arch: f.arch, price: price, size: s})
			}
		}
	}
	return all
}

// factor is how far a plan's price is from the linear one.
func (p Prices) factor(r *rand.Rand, cores int64) float64 {
	noise := 0.97 + 0.06*r.Float64()
	switch p {
	case Steep:
		return noise * math.Pow(float64(cores)/8, 0.2)
	case Discount:
		return noise * math.Pow(float64(cores)/8, -0.2)
	case Wild:
		return 0.7 + 0.6*r.Float64()
	default:
		return noise
	}
}

func (p plan) in(zone int) Offering {
	name := zoneName(zone)
	return Offering{
		ID: p.name + "." + name, Plan: p.name, MilliCPU: p.cores * 1000, MemoryMiB: p.gib << 10, Pods: 110,
		PriceHourly: math.Round(p.price*surcharges[zone]*1e5) / 1e5,
		Labels: map[string]string{
			"karpenter.sh/capacity-type": "on-demand", corev1.LabelArchStable: p.arch, corev1.LabelTopologyZone: name,
		},
		Overhead: Overhead{MilliCPU: 500 + reservedCPU(p.cores), MemoryMiB: 512 + reservedMemory(p.gib<<10), Pods: 10},
	}
}

func zoneName(zone int) string { return "zone-" + string(rune('a'+zone)) }

// reservedCPU is the share of the kubelet and the system in a managed cluster, in thousandths of a core: 6 per cent of the first
// core, 1 of the second, half of one of the next two and a quarter of the others.
func reservedCPU(cores int64) int64 {
	return 60 + 10*min(max(cores-1, 0), 1) + 5*min(max(cores-2, 0), 2) + 5*max(cores-4, 0)/2
}

// reservedMemory is the same for memory, in MiB: a quarter of the first 4 GiB, a fifth of the next 4, a tenth of the next 8, 6 per cent
// of the next 112 and 2 per cent of the rest.
func reservedMemory(mib int64) int64 {
	var reserved, from int64
	for _, step := range []struct{ gib, percent int64 }{{4, 25}, {8, 20}, {16, 10}, {128, 6}, {math.MaxInt64 >> 10, 2}} {
		reserved += max(0, min(mib, step.gib<<10)-from) * step.percent
		from = step.gib << 10
	}
	return (reserved + 50) / 100
}
