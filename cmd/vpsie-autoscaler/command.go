package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

// newCommand makes the command line. environ is the environment in the form of os.Environ.
func newCommand(environ []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "vpsie-autoscaler",
		Short:         "Gives a cluster on the VPSie cloud the nodes its pods need",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	scorer := newRole(environ, config.CommandExtender, "Score nodes for kube-scheduler", (*process).addExtender)
	addCheck(scorer, environ)
	root.AddCommand(
		newRole(environ, config.CommandController, "Buy, join and remove machines", (*process).addController),
		scorer,
		newRole(environ, config.CommandWebhook, "Admit pods and NodeGroups", (*process).addWebhook),
		newRole(environ, config.CommandAll, "Run controller, extender and webhook in one process",
			(*process).addController, (*process).addExtender, (*process).addWebhook),
	)
	return root
}

// role adds one part of the suite to the process.
type role func(*process, context.Context) error

func newRole(environ []string, name config.Command, short string, roles ...role) *cobra.Command {
	command := &cobra.Command{
		Use:   string(name),
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			settings, err := config.Load(config.LoadOptions{Command: name, Flags: command.Flags(), Environ: environ})
			if err != nil {
				return err
			}
			return run(command.Context(), name, settings, roles)
		},
	}
	config.AddFlags(command.Flags())
	return command
}

// run builds the process and runs it until the context ends.
func run(ctx context.Context, name config.Command, settings *config.Config, roles []role) error {
	p, err := newProcess(ctx, name, settings)
	if err != nil {
		return err
	}
	for _, add := range roles {
		if err := add(p, ctx); err != nil {
			return err
		}
	}
	return p.manager.Start(ctx)
}
