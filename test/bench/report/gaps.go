package report

import (
	"fmt"
	"io"

	"github.com/vpsie/vpsie-autoscaler/test/oracle"
)

// Gaps writes how far prices and bounds are from the optimum.
func Gaps(w io.Writer, gaps []oracle.Gap, tooHard int) {
	exact, worst := 0, oracle.Gap{}
	for _, g := range gaps {
		if g.Price == g.Optimum {
			exact++
		}
		if worst.Seed == 0 || oracle.OfPrice(g) > oracle.OfPrice(worst) {
			worst = g
		}
	}
	fmt.Fprintf(w, "%d instances; the optimum was bought in %d. The worst plan was that of instance %d. ", len(gaps), exact, worst.Seed)
	fmt.Fprintf(w, "%d more instances were too hard for the solver.\n\n", tooHard)
	fmt.Fprintln(w, "| in terms of the optimum | least | median | 90 % | most |")
	fmt.Fprintln(w, "|---|---:|---:|---:|---:|")
	for _, row := range []struct {
		name  string
		ratio func(oracle.Gap) float64
	}{{"price of the plan", oracle.OfPrice}, {"proved lower bound", oracle.OfBound}} {
		d := oracle.Distribute(gaps, row.ratio)
		fmt.Fprintf(w, "| %s | %.4f | %.4f | %.4f | %.4f |\n", row.name, d.Min, d.Median, d.P90, d.Max)
	}
}
