package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/test/scheduling/agreement"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/burst"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/latency"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/report"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/throughput"
)

// The cluster that the extender knows when its latency is measured.
const knownNodes, knownPods = 5_000, 100_000

// names are the numbers of names in a request of latency: what the scheduler sends at most of 5,000 nodes, and with
// percentageOfNodesToScore: 100 of 1,000 and of 5,000.
var names = []int{500, 1000, 5000}

// machines are the sizes that agreement is measured with: such as clusters have, and so small that a hundred join at the same time.
var machines = []agreement.Cores{{Least: 8, Most: 16}, {Least: 2, Most: 4}}

// nodesToScore are the settings that agreement is measured with: the scheduler's default, and all nodes.
var nodesToScore = []int{0, 100}

func measureLatency(ctx context.Context, s *settings, text *strings.Builder) error {
	for _, pace := range []struct {
		title string
		rate  int
	}{
		{fmt.Sprintf("%d callers, at a pace", s.clients), s.requestRate},
		{fmt.Sprintf("%d callers, as fast as they can", s.clients), 0},
	} {
		rows, err := latency.Measure(ctx, latency.Options{
			Nodes: knownNodes, Pods: knownPods, Clients: s.clients, Rate: pace.rate, Requests: s.requests, Names: names,
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(text, "%s:\n\n", pace.title)
		report.Latency(text, rows)
		fmt.Fprintln(text)
	}
	return nil
}

func measureThroughput(ctx context.Context, s *settings, text *strings.Builder) error {
	arms, err := throughput.Measure(ctx, throughput.Options{
		Root: s.root, Nodes: s.nodes, Pods: s.placed, Rounds: s.rounds, QPS: s.qps, Progress: os.Stderr,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(text, "%d nodes, %d pods a round, %d rounds of each.\n\n", s.nodes, s.placed, s.rounds)
	report.Throughput(text, arms)
	return nil
}

func measureAgreement(ctx context.Context, s *settings, text *strings.Builder) error {
	fmt.Fprintf(text, "%d full nodes, %d pods at once, cloud %q.\n\n", s.nodes, s.planned, s.cloud)
	for _, cores := range machines {
		fmt.Fprintf(text, "Machines of %d to %d cores:\n\n", cores.Least, cores.Most)
		var all []report.Setting
		for _, percentage := range nodesToScore {
			setting, err := s.agree(ctx, cores, percentage)
			if err != nil {
				return fmt.Errorf("percentageOfNodesToScore %d: %w", percentage, err)
			}
			all = append(all, setting)
		}
		report.Agreement(text, all)
		fmt.Fprintln(text)
	}
	return nil
}

// agree measures agreement with every seed.
func (s *settings) agree(ctx context.Context, cores agreement.Cores, percentage int) (report.Setting, error) {
	setting := report.Setting{Percentage: percentage}
	for seed := s.firstSeed; seed < s.firstSeed+uint64(s.seeds); seed++ {
		fmt.Fprintf(os.Stderr, "seed %d, machines of %d to %d cores, percentageOfNodesToScore %d\n", seed, cores.Least, cores.Most, percentage)
		outcome, err := agreement.Measure(ctx, agreement.Options{
			Root: s.root, Nodes: s.nodes, Pods: s.planned, Cores: cores, Seed: seed, Latency: s.cloud, Percentage: percentage,
			Together: s.together, Keep: s.keep, Progress: os.Stderr,
		})
		if err != nil {
			return setting, fmt.Errorf("seed %d: %w", seed, err)
		}
		fmt.Fprintf(os.Stderr, "%d of %d planned pods are on their node, %d machines\n", outcome.OnPlanned, outcome.Planned, outcome.Bought)
		setting.Seeds, setting.Outcomes = append(setting.Seeds, seed), append(setting.Outcomes, outcome)
	}
	return setting, nil
}

func measureBurst(ctx context.Context, s *settings, text *strings.Builder) error {
	outcome, err := burst.Measure(ctx, burst.Options{Root: s.root, Pods: s.crowd, Owners: s.owners, Progress: os.Stderr})
	if err != nil {
		return err
	}
	report.Burst(text, outcome)
	return nil
}
