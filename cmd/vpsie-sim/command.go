package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

const description = `vpsie-sim is a VPSie cloud that fits into a process, to try VPSie Autoscaler without an account and without cost.

It serves the VPSie API (https with --tls-dir): data centres, plans with made-up prices, creation and deletion of machines, their
power, tags, SSH keys and scripts, and managed Kubernetes clusters (--cluster). Machines appear after a while, as real ones do,
read the user data or the script they were given, and really join the Kubernetes cluster that it names; workers of a managed
cluster join the one of --kubeconfig. They run no pods; let kwok play those (the Nodes carry its annotation). Nothing survives
the process.

A second listener, the control desk, is no part of the VPSie API and has no authentication; keep it on the loopback address:

  GET    /sim/calls[?since=SEQ]           every call to the VPSie API
  GET    /sim/machines                    every machine, with the time of each step and why it failed to join
  GET    /sim/bill[?machines=true]        what the account would owe, machine by machine when asked
  POST   /sim/balance                     pay into a prepaid account (--balance), for example {"add":50}
  DELETE /sim/logins                      end every token that a login has given out
  POST   /sim/faults                      make calls go wrong, for example {"match":{"planRegex":"^G-"},"action":"sold-out"}
  DELETE /sim/faults                      let them go well again
  POST   /sim/machines/{hostname}/delete  delete a machine behind the autoscaler's back

What can go wrong is one of these actions, by a rule at the control desk or by chance with --fail ACTION=PROBABILITY:

%s
A rule may have match {method, pathRegex, hostnameRegex, planRegex, datacenterRegex}, times, probability, and what the brackets name.

When it listens, it prints one line of JSON with the addresses and with the data centres, the image, the SSH keys and the managed
clusters to use. Logs go to stderr.`

// help is the description with the actions filled in.
func help() string { return fmt.Sprintf(description, actions()) }

// actions is the table of what can go wrong.
func actions() string {
	var table strings.Builder
	for _, d := range faults.Actions {
		on := "any call"
		if len(d.Kinds) > 0 {
			var kinds []string
			for _, kind := range d.Kinds {
				kinds = append(kinds, kind.String())
			}
			on = strings.Join(kinds, ", ")
		}
		fields := ""
		if len(d.Fields) > 0 {
			fields = " [" + strings.Join(d.Fields, ", ") + "]"
		}
		fmt.Fprintf(&table, "  %-18s%-18s%s%s\n", d.Action, on, d.Does, fields)
	}
	return table.String()
}

const example = `  vpsie-sim --token-file sim.token --tls-dir sim-tls
  curl --cacert sim-tls/ca.crt -H "Vpsie-Auth: $(cat sim.token)" https://127.0.0.1:PORT/apps/v2/datacenter`

func newCommand() *cobra.Command {
	var f flags
	command := &cobra.Command{
		Use:           "vpsie-sim --token-file FILE",
		Short:         "A simulated VPSie cloud whose machines really join a Kubernetes cluster",
		Long:          help(),
		Example:       example,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(command *cobra.Command, _ []string) error { return run(command, f) },
	}
	f.register(command.Flags())
	return command
}
