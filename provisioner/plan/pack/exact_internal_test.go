package pack

import "testing"

func TestCharge(t *testing.T) {
	for _, test := range []struct {
		name              string
		fee, amount, step int64
		want              int64
	}{
		{"nothing", 7, 0, 1, 0},
		{"whole steps", 7, 3, 1, 21},
		{"rounds down", 7, 3, 2, 10},
		{"products beyond 64 bits", 1 << 40, 1 << 40, 1 << 30, 1 << 50},
		{"more than any sum of costs", 1 << 40, 1 << 40, 1, exactSum},
		{"what is overdrawn costs nothing", 7, -3, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := charge(test.fee, test.amount, test.step); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestHarderKinds(t *testing.T) {
	everywhere, one := []bool{true, true}, []bool{true, false}
	p := &Problem{
		Machines: []Machine{{Free: Vector{20, 20}, Cost: 1}, {Free: Vector{30, 30}, Cost: 2}},
		Items: []Item{
			{Size: Vector{4, 4}, Count: 1, Fits: everywhere},
			{Size: Vector{4, 4}, Count: 1, Fits: everywhere},
			{Size: Vector{9, 2}, Count: 1, Fits: everywhere},
			{Size: Vector{4, 4}, Count: 1, Fits: one},
			{Size: Vector{1, 1}, Count: 2, Fits: everywhere, PerMachine: 1},
		},
	}
	m := newModel(p)
	x := m.newExact(m.counts(), false, p.Budgets)
	want := [][]int{{3}, {0, 3}, nil, nil, nil}
	for i := range want {
		if got := x.better[i]; len(got) != len(want[i]) || len(got) > 0 && (got[0] != want[i][0] || got[len(got)-1] != want[i][len(got)-1]) {
			t.Errorf("harder than kind %d: got %v, want %v", i, got, want[i])
		}
	}
}

// Whatever the prices are, no machine may be filled with more than it costs.
func TestPricesAreSound(t *testing.T) {
	p := &Problem{Budgets: []int64{3},
		Machines: []Machine{{Free: Vector{7, 9}, Cost: 50, Takes: []Take{{0, 1}}}, {Free: Vector{15, 11}, Cost: 90, Takes: []Take{{0, 2}}},
			{Free: Vector{15, 30}, Cost: 300}},
		Items: []Item{
			{Size: Vector{3, 2}, Count: 5, Fits: []bool{true, true, true}}, {Size: Vector{2, 5}, Count: 4, Fits: []bool{true, true, true}},
			{Size: Vector{5, 1}, Count: 3, Fits: []bool{false, true, true}}, {Size: Vector{1, 1}, Count: 6, Fits: []bool{true, true, true}},
		}}
	m := newModel(p)
	k := m.pack()
	x := m.newExact(m.counts(), false, p.Budgets)
	if !x.findPrices(&k) {
		t.Fatal("no prices were found")
	}
	if lower, known := x.worthOf(&x.prices, x.count, x.start), x.total(&k); lower > known || lower < known/2 {
		t.Errorf("the bound is %d of a packing that costs %d, want most of it and no more", lower, known)
	}
	for o := range x.offers {
		free, cost := m.Machines[x.offers[o].machine].Free, x.charged(&x.prices, &x.offers[o])
		for set := range 6 * 5 * 4 * 7 {
			items := []int{set % 6, set / 6 % 5, set / 30 % 4, set / 120}
			used, worth := make(Vector, 2), int64(0)
			for i, n := range items {
				take(used, m.size(x.kinds[i]), -n)
				worth += x.prices.items[i] * int64(n)
			}
			if x.offers[o].allows(items) && holds(free, used) && worth > cost {
				t.Fatalf("items %v on machine %d are worth %d, more than the cost %d", items, o, worth, cost)
			}
		}
	}
}
