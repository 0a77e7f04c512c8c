package latency

import (
	"testing"
)

// A small run through all of it: every caller is answered, and every answer is measured.
func TestEveryRequestIsMeasured(t *testing.T) {
	rows, err := Measure(t.Context(), Options{Nodes: 50, Pods: 200, Clients: 4, Rate: 10_000, Requests: 40, Names: []int{10, 50}})
	if err != nil {
		t.Fatal(err)
	}
	for i, names := range []int{10, 50} {
		row := rows[i]
		if row.Names != names || len(row.Client) != 40 || len(row.Server) != 40 || len(row.CPU) != 40 || row.Elapsed <= 0 {
			t.Errorf("row %d: got %d names, %d, %d and %d measurements in %v, want %d names and 40 of each",
				i, row.Names, len(row.Client), len(row.Server), len(row.CPU), row.Elapsed, names)
		}
	}
	if _, err := Measure(t.Context(), Options{Nodes: 5, Clients: 1, Requests: 1, Names: []int{6}}); err == nil {
		t.Error("six names of five nodes: got no error")
	}
}
