package pack

import (
	"fmt"
	"os"
)

// generation is the column generation: the linear program of patterns and the search for new ones.
type generation struct {
	m      *model
	market []int
	live   []int
	master *master
	relax  *relaxation
	fill   *filler
	left   []int
	center []float64 // duals with the best bound so far
	bound  float64
	worth  []float64
	valid  []float64
}

func newGeneration(m *model, market []int, counts []int) *generation {
	g := &generation{m: m, market: market, fill: newFiller(m), left: counts,
		center: make([]float64, len(m.Items)), worth: make([]float64, len(m.Items)), valid: make([]float64, len(m.Items))}
	rowOf := make([]int, len(m.Items))
	var demand []float64
	for i := range m.Items {
		rowOf[i] = -1
		if counts[i] > 0 && g.cheapestAlone(i) >= 0 {
			rowOf[i] = len(g.live)
			g.live = append(g.live, i)
			demand = append(demand, float64(counts[i])+1e-4*float64(1+(i*7919)%997)/997)
		}
	}
	g.master = newMaster(rowOf, demand)
	for _, i := range g.live {
		j := g.cheapestAlone(i)
		n := copies(m.Machines[j].Free, m.size(i), min(counts[i], m.most[i]))
		g.master.start(pattern{machine: j, loads: []Load{{i, n}}}, m.cost[j])
	}
	g.relax = newRelaxation(m, market)
	return g
}

func (g *generation) cheapestAlone(item int) int {
	best, score := -1, 0.0
	for _, j := range g.market {
		if !g.m.able.row(item)[j] {
			continue
		}
		c := g.m.cost[j] / float64(copies(g.m.Machines[j].Free, g.m.size(item), min(g.left[item], g.m.most[item])))
		if best < 0 || c < score {
			best, score = j, c
		}
	}
	return best
}

var Debug = false
var Steps = 8
var Work = 200_000_000
var Smooth = 0.6

func (g *generation) run(seedWorth []float64) {
	g.setBound(seedWorth)
	g.master.optimise(Work)
	smooth := Smooth
	for round := 0; g.master.work < Work; round++ {
		for _, i := range g.live {
			g.worth[i] = max(0, smooth*g.center[i]+(1-smooth)*g.master.duals[g.master.rowOf[i]])
		}
		added := g.price(round)
		if Debug {
			fmt.Fprintf(os.Stderr, "round %d smooth %.2f added %d pool %d pivots %d work %dM+%dM value %.4f bound %.4f\n", round, smooth, added, len(g.master.pool), g.master.pivots, g.master.work/1e6, g.relax.work/1e6, g.master.value()/1e9, g.bound/1e9)
		}
		if added == 0 {
			if smooth == 0 {
				break
			}
			smooth = max(0, smooth-0.3)
			continue
		}
		smooth = Smooth
		g.master.optimise(Work)
		if g.master.value() < g.bound*1.0005 {
			break
		}
	}
}

// price looks for a pattern on each machine, and takes the bound that follows.
func (g *generation) price(round int) int {
	added := 0
	copy(g.valid, g.worth)
	rates := make([]float64, len(g.m.Items))
	for k := range g.relax.lots {
		l := &g.relax.lots[k]
		strict := []float64{1, 3, 10}[round%3]
		z := g.fill.fillWorth(l, g.worth, g.left, strict)
		cost := g.m.cost[l.machine]
		p := pattern{machine: l.machine, loads: g.fill.loads()}
		sum := 0.0
		for _, ld := range p.loads {
			sum += g.master.duals[g.master.rowOf[ld.Item]] * float64(ld.Count)
		}
		if sum > cost*(1+1e-7) {
			g.master.add(p, cost)
			added++
		}
		top := g.relax.bound(l, g.worth, z, Steps)
		rate := cost / max(top, 1e-9)
		if Debug && round == 12 {
			fmt.Fprintf(os.Stderr, "%3d cost %.4f z %.4f L %.4f p %.4f free %v", l.machine, cost/1e9, z/1e9, top/1e9, l.prices, g.m.Machines[l.machine].Free)
			top = g.relax.bound(l, g.worth, z, 1000)
			fmt.Fprintf(os.Stderr, " L1000 %.4f p %.4f\n", top/1e9, l.prices)
			if l.machine == 90 {
				for _, x := range p.loads {
					fmt.Fprintf(os.Stderr, "   XX %d x %d size %v worth %.4f center %.4f excess %.4f\n", x.Item, x.Count, g.m.size(x.Item), g.worth[x.Item]/1e9, g.center[x.Item]/1e9, g.fill.excess[x.Item]/1e9)
				}
				for k, i := range l.kinds {
					fmt.Fprintf(os.Stderr, "   XY %d most %.0f size %v worth %.4f center %.4f excess %.4f count %d\n", i, l.most[k], g.m.size(i), g.worth[i]/1e9, g.center[i]/1e9, g.fill.excess[i]/1e9, g.left[i])
				}
			}
		}
		for _, i := range l.kinds {
			if rates[i] == 0 || rate < rates[i] {
				rates[i] = rate
			}
		}
	}
	for _, i := range g.live {
		g.valid[i] = g.worth[i] * rates[i]
	}
	lb := 0.0
	for _, i := range g.live {
		lb += float64(g.left[i]) * g.valid[i]
	}
	if Debug {
		fmt.Fprintf(os.Stderr, "   here %.4f", lb/1e9)
	}
	g.setBound(g.valid)
	return added
}

func (g *generation) setBound(worth []float64) {
	sum := 0.0
	for _, i := range g.live {
		sum += float64(g.left[i]) * worth[i]
	}
	if sum > g.bound {
		g.bound = sum
		copy(g.center, worth)
	}
}

func Try(p *Problem, start Solution) {
	m := newModel(p)
	market := m.listMarket()
	counts := make([]int, len(p.Items))
	for i := range counts {
		counts[i] = max(0, p.Items[i].Count)
	}
	g := newGeneration(m, market, counts)
	for _, b := range start.Bought {
		g.master.add(pattern{machine: b.Machine, loads: b.Loads}, m.cost[b.Machine])
	}
	if Debug {
		fmt.Fprintf(os.Stderr, "market %d of %d live %d\n", len(market), len(p.Machines), len(g.live))
	}
	prices := m.trialPrices(counts, market)[0]
	for k := range g.relax.lots {
		l := &g.relax.lots[k]
		for d, f := range m.Machines[l.machine].Free {
			l.prices[d] = prices[d] * float64(f)
		}
	}
	g.run(m.validWorth(market, prices))
	fmt.Fprintf(os.Stderr, "LP value %.4f bound %.4f pool %d pivots %d\n", g.master.value()/1e9, g.bound/1e9, len(g.master.pool), g.master.pivots)
}

func (m *model) validWorth(market []int, prices []float64) []float64 {
	rates := make([]float64, len(m.Machines))
	for _, j := range market {
		if worth := dot(prices, m.Machines[j].Free); worth > 0 {
			rates[j] = float64(m.Machines[j].Cost) / worth
		}
	}
	w := make([]float64, len(m.Items))
	for i := range m.Items {
		rate := -1.0
		for _, j := range market {
			if m.able.row(i)[j] && (rate < 0 || rates[j] < rate) {
				rate = rates[j]
			}
		}
		w[i] = max(0, rate) * dot(prices, m.size(i))
	}
	return w
}
