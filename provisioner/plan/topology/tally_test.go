package topology

import (
	"math/rand/v2"
	"testing"
)

// The lowest count is kept up to date change by change; here it is compared with one that is counted anew each time.
func TestTallyKnowsTheLowestCount(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var kept tally
		hosts, counts := make([]int32, 6), make([]int32, 6)
		for step := range 300 {
			d := r.IntN(len(hosts))
			switch {
			case r.IntN(3) == 0:
				kept.open(int32(d))
				hosts[d]++
			case hosts[d] > 0 && r.IntN(3) == 0:
				kept.close(int32(d))
				hosts[d]--
			case counts[d] > 0 && r.IntN(3) == 0:
				kept.add(int32(d), -1)
				counts[d]--
			default:
				n := int32(r.IntN(3))
				kept.add(int32(d), n)
				counts[d] += n
			}
			domains, lowest := 0, int32(0)
			for i := range hosts {
				if hosts[i] > 0 && (domains == 0 || counts[i] < lowest) {
					lowest = counts[i]
				}
				if hosts[i] > 0 {
					domains++
				}
			}
			if kept.domains != domains || domains > 0 && kept.lowest != lowest {
				t.Fatalf("seed %d, step %d: got lowest %d of %d domains, want %d of %d", seed, step, kept.lowest, kept.domains, lowest, domains)
			}
		}
	}
}
