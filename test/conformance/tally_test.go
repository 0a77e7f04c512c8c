package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// tally sums the verdicts of many clusters; about counts disagreements.
type tally struct {
	clusters, contended    int
	judged, skipped, about map[string]int
}

func newTally() *tally {
	return &tally{judged: map[string]int{}, skipped: map[string]int{}, about: map[string]int{}}
}

func (c *tally) add(v *Verdict) {
	c.clusters++
	c.contended += v.Contended
	for what, n := range v.Judged {
		c.judged[what] += n
	}
	for what, n := range v.Skipped {
		c.skipped[what] += n
	}
}

func (c *tally) String() string {
	return fmt.Sprintf("%d clusters; pods judged: %s; skipped: %s; competing for a volume: %d; disagreements: %s",
		c.clusters, numbers(c.judged), numbers(c.skipped), c.contended, numbers(c.about))
}

func numbers(counts map[string]int) string {
	parts := []string{}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", what, counts[what]))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
