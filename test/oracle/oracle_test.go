package oracle

import (
	"errors"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// instances is how many of them the tests look at; `make bench` looks at more.
const instances = 60

func TestPlansAndBoundsStandTheOracle(t *testing.T) {
	needSolver(t)
	compared := 0
	for seed := uint64(1); seed <= instances; seed++ {
		gap, err := Compare(t.Context(), seed)
		if errors.Is(err, ErrTooHard) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		compared++
		if fault := gap.Fault(); fault != nil {
			t.Errorf("%v\n%s", fault, Draw(seed))
		}
	}
	if compared < instances*3/4 {
		t.Errorf("the oracle answered for %d of %d instances only", compared, instances)
	}
}

func TestOptimaThatCanBeSeen(t *testing.T) {
	needSolver(t)
	small := machine{milliCPU: 2000, mib: 4096, pods: 10, zone: "a", price: 100 * cent}
	large := machine{milliCPU: 4000, mib: 8192, pods: 10, zone: "a", price: 150 * cent}
	elsewhere := machine{milliCPU: 4000, mib: 8192, pods: 10, zone: "b", price: 500 * cent}
	tests := map[string]struct {
		instance Instance
		want     money.PerHour
	}{
		"one pod takes the small machine": {Instance{[]kind{{count: 1, milliCPU: 1000, mib: 100}}, []machine{small, large}}, 100 * cent},
		"two that fill it share the large one": {
			Instance{[]kind{{count: 2, milliCPU: 2000, mib: 100}}, []machine{small, large}}, 150 * cent},
		"two that must be alone do not": {
			Instance{[]kind{{count: 2, milliCPU: 2000, mib: 100, alone: true}}, []machine{small, large}}, 200 * cent},
		"a zone is paid for": {
			Instance{[]kind{{count: 1, milliCPU: 1000, mib: 100, zone: "b"}}, []machine{small, elsewhere}}, 500 * cent},
		"and used by others": {
			Instance{[]kind{{count: 1, milliCPU: 1000, mib: 100, zone: "b"}, {count: 3, milliCPU: 1000, mib: 100}}, []machine{small, elsewhere}},
			500 * cent},
		"pods are counted": {Instance{[]kind{{count: 11, milliCPU: 100, mib: 100}}, []machine{small}}, 200 * cent},
		"memory counts too": {
			Instance{[]kind{{count: 3, milliCPU: 100, mib: 4096}}, []machine{small, large}}, 250 * cent},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := test.instance.Optimum(t.Context())
			if err != nil || got != test.want {
				t.Errorf("got %s, %v; want %s for\n%s", got, err, test.want, &test.instance)
			}
		})
	}
}

func TestColumnsAreFullMachines(t *testing.T) {
	instance := Instance{
		kinds:    []kind{{count: 5, milliCPU: 1000, mib: 10}, {count: 5, milliCPU: 10, mib: 1000}},
		machines: []machine{{milliCPU: 2015, mib: 2015, pods: 3}},
	}
	got := instance.columns(10)
	want := [][]int{{2, 1}, {1, 2}} // of three slots, never two of two
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i].pods[0] != want[i][0] || got[i].pods[1] != want[i][1] {
			t.Errorf("column %d is %v, want %v", i, got[i].pods, want[i])
		}
	}
	if instance.columns(1) != nil {
		t.Error("got columns, want none when there are more than allowed")
	}
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		gap  Gap
		want bool
	}{
		"exact":                     {Gap{Price: 10, Bound: 10, Optimum: 10}, false},
		"dearer, with a weak bound": {Gap{Price: 12, Bound: 8, Optimum: 10}, false},
		"bound above the optimum":   {Gap{Price: 12, Bound: 11, Optimum: 10}, true},
		"cheaper than possible":     {Gap{Price: 9, Bound: 9, Optimum: 10}, true},
		"pods left":                 {Gap{Left: 1, Price: 10, Bound: 10, Optimum: 10}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.gap.Fault(); (got != nil) != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestQuantiles(t *testing.T) {
	var gaps []Gap
	for price := money.PerHour(20); price >= 10; price-- {
		gaps = append(gaps, Gap{Price: price, Optimum: 10})
	}
	if got, want := Distribute(gaps, OfPrice), (Distribution{Min: 1, Median: 1.5, P90: 1.9, Max: 2}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func needSolver(t *testing.T) {
	t.Helper()
	if !Installed() {
		t.Skip(ErrNoSolver)
	}
}
