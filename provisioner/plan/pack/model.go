package pack

// model is a problem in the form that the searches work on.
type model struct {
	*Problem
	dims int
	// sizes holds the sizes of all items side by side, which is read twice as fast as slices apart.
	sizes Vector
	// able says for item x machine whether the machine may hold such items and has room for one.
	able table
	// cost is that of each machine; at least one, so that free machines can be compared.
	cost []float64
	// most is for each item how many of them one machine may hold whatever its size.
	most []int
	// slots are what limits the number of items on a machine apart from its size, slotOf the slot of each kind or -1.
	slots  []slot
	slotOf []int
	// market lists the machines that are worth a look.
	market []int
	// rival is for each machine another one that is as good and no dearer, but may take more of a budget; or -1.
	rival []int
}

// table holds a yes or no for each row and column.
type table struct {
	width int
	cells []bool
}

func (t *table) row(i int) []bool { return t.cells[i*t.width : (i+1)*t.width] }

func newModel(p *Problem) *model {
	m := &model{Problem: p, cost: make([]float64, len(p.Machines)), most: make([]int, len(p.Items))}
	if len(p.Machines) > 0 {
		m.dims = len(p.Machines[0].Free)
	}
	for j := range p.Machines {
		m.cost[j] = float64(max(1, p.Machines[j].Cost))
	}
	m.sizes = make(Vector, 0, len(p.Items)*m.dims)
	m.able = table{width: len(p.Machines), cells: make([]bool, len(p.Items)*len(p.Machines))}
	for i := range p.Items {
		item := &p.Items[i]
		m.sizes = append(m.sizes, item.Size[:min(m.dims, len(item.Size))]...)
		m.most[i] = max(0, item.Count)
		if item.PerMachine > 0 {
			m.most[i] = min(m.most[i], item.PerMachine)
		}
		row := m.able.row(i)
		for j := range p.Machines {
			row[j] = item.Fits[j] && holds(p.Machines[j].Free, item.Size)
		}
	}
	m.Problem = &Problem{Items: p.Items, Machines: m.tighten(p.Machines), Budgets: p.Budgets}
	m.listMarket()
	m.findSlots(m.counts())
	return m
}

// counts is how many items there are of each kind.
func (m *model) counts() []int {
	counts := make([]int, len(m.Items))
	for i := range m.Items {
		counts[i] = max(0, m.Items[i].Count)
	}
	return counts
}

// size is what one of the items takes.
func (m *model) size(item int) Vector { return m.sizes[item*m.dims : (item+1)*m.dims] }

func dot(prices []float64, amounts Vector) float64 {
	sum := 0.0
	for r, amount := range amounts {
		sum += prices[r] * float64(amount)
	}
	return sum
}

// holds tells whether something of the size fits into free.
func holds(free, size Vector) bool {
	for r, want := range size {
		if want > free[r] {
			return false
		}
	}
	return true
}

// copies is the number of items of one kind, at most limit, that fit into free together.
func copies(free, size Vector, limit int) int {
	n := int64(limit)
	for r, want := range size {
		if want > 0 {
			n = min(n, free[r]/want)
		}
	}
	return int(n)
}

// take removes n items from free, which must hold them.
func take(free, size Vector, n int) {
	for r, want := range size {
		free[r] -= want * int64(n)
	}
}

// sum writes what the loads take together into v.
func (m *model) sum(v Vector, loads []Load) {
	clear(v)
	for _, l := range loads {
		take(v, m.size(l.Item), -l.Count)
	}
}

// admits tells whether the machine may hold all the loads, room apart.
func (m *model) admits(machine int, loads []Load) bool {
	for _, l := range loads {
		if !m.Items[l.Item].Fits[machine] {
			return false
		}
	}
	return true
}
