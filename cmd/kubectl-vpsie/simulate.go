package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/vpsie/vpsie-autoscaler/provisioner/scenario"
)

const simulateHelp = `Plan the nodes for a scenario: a file that holds pods, and offerings with their prices, and if you like existing nodes,
DaemonSets, NodeGroups and more. Nothing is bought and no cluster is asked. The plan is the one that the controller would make.

The file is JSON, plain or packed with gzip; "-" reads it from standard input. docs/simulate.md describes it. Pods that get no
node are reported with a reason and are no error.`

const simulateExample = `  kubectl vpsie simulate --scenario cluster.json
  kubectl vpsie simulate --scenario cluster.json.gz --output json | jq .hourlyPrice
  jq -n '{offerings: input, pods: input}' offerings.json pods.json | kubectl vpsie simulate --scenario -`

// simulateFlags are the flags of the sub-command.
type simulateFlags struct {
	scenario, output string
	showPods         bool
}

func newSimulate() *cobra.Command {
	var f simulateFlags
	command := &cobra.Command{
		Use:     "simulate --scenario FILE",
		Short:   "Plan the nodes for pods in a file, and say what they cost",
		Long:    simulateHelp,
		Example: simulateExample,
		Args:    noArguments,
		RunE:    func(command *cobra.Command, _ []string) error { return simulate(command, f) },
	}
	set := command.Flags()
	set.StringVarP(&f.scenario, "scenario", "f", "", "file to read, or - for standard input (required)")
	set.StringVarP(&f.output, "output", "o", "table", "how to print the plan: table, json or yaml")
	set.BoolVar(&f.showPods, "show-pods", false, "in the table, list every pod with its node or the reason why it has none")
	return command
}

func simulate(command *cobra.Command, f simulateFlags) error {
	write, known := outputs[f.output]
	switch {
	case f.scenario == "":
		return usageError{errors.New("--scenario: missing; name a file, or - for standard input")}
	case !known:
		return usageError{fmt.Errorf("--output: %q is none of table, json, yaml", f.output)}
	}
	read, err := readScenario(command.InOrStdin(), f.scenario)
	if err != nil {
		return err
	}
	made := rehearse(read)
	if err := write(command.OutOrStdout(), made, f); err != nil {
		return fmt.Errorf("print the plan: %w", err)
	}
	return nil
}

func readScenario(stdin io.Reader, name string) (*scenario.Scenario, error) {
	if name == "-" {
		return scenario.Read(stdin, "standard input")
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--scenario: %w", err)
	}
	defer file.Close()
	return scenario.Read(file, name)
}

// outputs are the ways to print a plan.
var outputs = map[string]func(io.Writer, *rehearsal, simulateFlags) error{
	"table": writeTable,
	"json":  writeJSON,
	"yaml":  writeYAML,
}
