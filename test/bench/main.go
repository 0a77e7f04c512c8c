// Bench compares our planner with its peer and with the optimum, and writes what it finds as tables. `make bench` calls it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/bench/contest"
	"github.com/vpsie/vpsie-autoscaler/test/bench/planners"
	"github.com/vpsie/vpsie-autoscaler/test/bench/scenarios"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run chooses between the comparison and the commands solve and generate.
func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "solve" {
		return solve(args[1:])
	}
	if len(args) > 0 && args[0] == "generate" {
		return generate(args[1:])
	}
	return compare(ctx, args)
}

// solve lets one planner solve one file in this process and prints the outcome as JSON.
func solve(args []string) error {
	flags := flag.NewFlagSet("solve", flag.ContinueOnError)
	planner := flags.String("planner", contest.VPSie, "`name` of the planner: vpsie or karpenter")
	limit := flags.Duration("limit", time.Minute, "how long Karpenter may take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("solve: want one scenario file")
	}
	outcome, err := planners.Solve(*planner, flags.Arg(0), *limit)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(outcome)
}

// generate writes the standard scenarios as files.
func generate(args []string) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	folder := flags.String("out", ".", "`folder` to write to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, standard := range scenarios.All() {
		path := filepath.Join(*folder, standard.Name+".json.gz")
		if err := standard.Make().Write(path); err != nil {
			return err
		}
		fmt.Printf("%s: %s\n", path, standard.About)
	}
	return nil
}
