package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/bench/contest"
	"github.com/vpsie/vpsie-autoscaler/test/bench/report"
	"github.com/vpsie/vpsie-autoscaler/test/bench/scenarios"
	"github.com/vpsie/vpsie-autoscaler/test/oracle"
	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

const usage = `usage: bench [flags] [scenario file ...]
       bench generate [-out folder]
Without files the standard scenarios are solved.
`

// comparison is what the user asked for.
type comparison struct {
	slow     bool
	limit    time.Duration
	oracle   int
	document string
	tables   io.Writer
}

// task is a scenario file to solve.
type task struct {
	name, about, path string
	slow              bool
}

// compare runs all scenarios and the oracle, prints the tables, and writes them into the document when there is one.
func compare(ctx context.Context, args []string) error {
	var c comparison
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&c.slow, "slow", false, "ask Karpenter for the largest standard scenario too")
	flags.DurationVar(&c.limit, "limit", 3*time.Minute, "how long Karpenter may take for a plan; in production it allows itself a minute")
	flags.IntVar(&c.oracle, "oracle", 200, "`number` of small instances to compare with their optimum")
	flags.StringVar(&c.document, "write", "", "`document` to write the tables into")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	tasks, clean, err := tasks(flags.Args())
	if err != nil {
		return err
	}
	defer clean()
	var text strings.Builder
	c.tables = &text
	verdict := errors.Join(c.duels(ctx, tasks), c.gaps(ctx))
	fmt.Println(text.String())
	if c.document != "" && ctx.Err() == nil {
		verdict = errors.Join(verdict, tables.InsertInto(c.document, report.Subject, text.String()))
	}
	return verdict
}

// tasks are the given files, or the standard scenarios in a folder that clean removes.
func tasks(files []string) (list []task, clean func(), err error) {
	for _, path := range files {
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".gz"), ".json")
		list = append(list, task{name: name, about: "from a file", path: path})
	}
	if len(files) > 0 {
		return list, func() {}, nil
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, nil, fmt.Errorf("make a folder for the scenarios: %w", err)
	}
	clean = func() { _ = os.RemoveAll(folder) }
	for _, standard := range scenarios.All() {
		path := filepath.Join(folder, standard.Name+".json.gz")
		if err := standard.Make().Write(path); err != nil {
			clean()
			return nil, nil, err
		}
		list = append(list, task{name: standard.Name, about: standard.About, path: path, slow: standard.Slow})
	}
	return list, clean, nil
}

// duels lets both planners solve all scenarios. What must never be is its error.
func (c *comparison) duels(ctx context.Context, tasks []task) error {
	var duels []report.Duel
	var faults []error
	for _, t := range tasks {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		duel, err := c.duel(ctx, t)
		if err != nil {
			faults = append(faults, err) // the others are worth their time
			continue
		}
		if fault := duel.Fault(); fault != "" {
			faults = append(faults, errors.New(fault))
		}
		duels = append(duels, duel)
	}
	fmt.Fprintf(c.tables, "Measured on %s.\n\n### The same pods, the same offerings\n\n", report.Machine())
	report.Duels(c.tables, duels)
	fmt.Fprintln(c.tables)
	report.Comparison(c.tables, duels)
	return errors.Join(faults...)
}

func (c *comparison) duel(ctx context.Context, t task) (report.Duel, error) {
	duel := report.Duel{Scenario: t.name, About: t.about}
	var err error
	fmt.Fprintf(os.Stderr, "%s: ", t.name)
	if duel.Ours, err = contest.Start(ctx, contest.VPSie, t.path, c.limit); err != nil {
		return duel, err
	}
	fmt.Fprintf(os.Stderr, "%s %.3f $/h in %s", contest.VPSie, duel.Ours.HourlyPrice, duel.Ours.Wall.Round(time.Millisecond))
	if t.slow && !c.slow {
		duel.Skipped = "skipped: it takes minutes; ask for it with -slow"
		fmt.Fprintf(os.Stderr, ", %s %s\n", contest.Karpenter, duel.Skipped)
		return duel, nil
	}
	if duel.Peer, err = contest.Start(ctx, contest.Karpenter, t.path, c.limit); err != nil {
		return duel, err
	}
	fmt.Fprintf(os.Stderr, ", %s %.3f $/h in %s\n", contest.Karpenter, duel.Peer.HourlyPrice, duel.Peer.Wall.Round(time.Millisecond))
	return duel, nil
}

// gaps compares with the optimum, where there is a solver.
func (c *comparison) gaps(ctx context.Context) error {
	fmt.Fprint(c.tables, "\n### Small instances, and the optimum\n\n")
	if !oracle.Installed() {
		fmt.Fprintln(c.tables, "Not compared: "+oracle.ErrNoSolver.Error()+".")
		return nil
	}
	fmt.Fprintf(os.Stderr, "%d small instances\n", c.oracle)
	gaps, tooHard, err := oracle.CompareMany(ctx, c.oracle)
	if err != nil {
		return err
	}
	report.Gaps(c.tables, gaps, tooHard)
	var faults []error
	for _, gap := range gaps {
		faults = append(faults, gap.Fault())
	}
	return errors.Join(faults...)
}
