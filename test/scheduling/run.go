package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

const usage = `usage: scheduling [flags] [latency|throughput|agreement|burst ...]
Without names all four are measured. Each part but latency starts a control plane of its own; agreement needs the binaries of make build.
Slow figures are no failure; pods that stay without a node, and an extender that is not asked, are.
`

// part is one thing that can be measured by itself. It writes its tables.
type part struct {
	name    string
	measure func(ctx context.Context, s *settings, tables *strings.Builder) error
}

var parts = []part{{"latency", measureLatency}, {"throughput", measureThroughput}, {"agreement", measureAgreement}, {"burst", measureBurst}}

// settings are what the user asked for.
type settings struct {
	root, document, keep string

	clients, requests, requestRate int
	nodes                          int
	placed, rounds, qps            int
	planned, seeds                 int
	firstSeed                      uint64
	cloud                          string
	together                       bool
	crowd, owners                  int
}

// run measures the parts that the arguments name, prints their tables, and writes them into the document when there is one.
func run(ctx context.Context, args []string) error {
	s := &settings{}
	flags := s.flags()
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	if s.root == "" {
		if s.root, err = root(); err != nil {
			return err
		}
	}
	var faults []error
	for _, part := range chosen {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(os.Stderr, "measuring: %s\n", part.name)
		if err := s.measure(ctx, part); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", part.name, err)) // the others are worth their time
		}
	}
	return errors.Join(faults...)
}

func (s *settings) measure(ctx context.Context, part part) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Measured on %s.\n\n", tables.Machine())
	if err := part.measure(ctx, s, &text); err != nil {
		return err
	}
	fmt.Println(text.String())
	if s.document == "" {
		return nil
	}
	return tables.InsertInto(s.document, part.name, text.String())
}

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("scheduling", flag.ContinueOnError)
	flags.StringVar(&s.document, "write", "", "`document` to write the tables into")
	flags.StringVar(&s.root, "root", "", "`folder` of the repository whose binaries and manifests are measured; by default the one around the working folder")
	flags.StringVar(&s.keep, "keep", "", "`folder` for the logs of agreement; by default they are not kept")
	flags.IntVar(&s.nodes, "nodes", 500, "nodes of throughput, and full nodes of agreement")
	flags.IntVar(&s.clients, "clients", 50, "callers of latency")
	flags.IntVar(&s.requests, "requests", 4000, "requests of latency for each size")
	flags.IntVar(&s.requestRate, "request-rate", 200, "requests a second of all callers of latency; the shipped scheduler places no more pods than that for long")
	flags.IntVar(&s.placed, "pods", 1000, "pods of each round of throughput")
	flags.IntVar(&s.rounds, "rounds", 5, "rounds of throughput for each arm")
	flags.IntVar(&s.qps, "qps", 5000, "requests a second that the scheduler of throughput may send; 0 is as shipped")
	flags.IntVar(&s.planned, "planned-pods", 300, "pods of agreement")
	flags.IntVar(&s.seeds, "seeds", 3, "seeds of agreement for each setting")
	flags.Uint64Var(&s.firstSeed, "first-seed", 1, "first of the seeds")
	flags.StringVar(&s.cloud, "cloud", "fast", "how fast the simulated cloud of agreement is: realistic (minutes), fast (seconds) or none")
	flags.BoolVar(&s.together, "together", false, "start the controller of agreement when all pods are there, so that its first plan is for all of them")
	flags.IntVar(&s.crowd, "crowd", 10_000, "pods of burst")
	flags.IntVar(&s.owners, "owners", 500, "ReplicaSets that make them")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	return flags
}

// choose finds parts by their names; no names mean all.
func choose(names []string) ([]part, error) {
	if len(names) == 0 {
		return parts, nil
	}
	var chosen []part
	for _, name := range names {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("part %q: want latency, throughput, agreement or burst", name)
		}
		chosen = append(chosen, parts[i])
	}
	return chosen, nil
}

func root() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return stack.FindRoot(here)
}
