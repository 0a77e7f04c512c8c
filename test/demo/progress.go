package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far something is: a bar on a terminal, lines elsewhere.
type progress struct {
	label string
	total int

	bar   *progressbar.ProgressBar // nil unless on a terminal
	began time.Time
	last  string
}

func newProgress(label string, total int) *progress {
	p := &progress{label: label, total: total, began: time.Now()}
	if term.IsTerminal(int(os.Stdout.Fd())) {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(os.Stdout),
			progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(),
			progressbar.OptionSetElapsedTime(true),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetDescription(label),
		)
	}
	return p
}

func (p *progress) set(done int, detail string) {
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%s (%s)", p.label, detail))
		_ = p.bar.Set(done) // a bar that cannot be drawn is no reason to stop
		return
	}
	if line := fmt.Sprintf("%d of %d %s, %s", done, p.total, p.label, detail); line != p.last {
		p.last = line
		fmt.Printf("%5.1f s  %s\n", time.Since(p.began).Seconds(), line)
	}
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish() // as above
		fmt.Println()
	}
}
