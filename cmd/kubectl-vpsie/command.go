package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vpsie/vpsie-autoscaler/provisioner/scenario"
)

// Exit codes of the command. A plan that leaves pods without a node is a good answer: it exits with zero.
const (
	exitInput = 1 // what was asked about cannot be read
	exitUsage = 2 // the command line is wrong
)

// usageError is a command line that is wrong.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func exitCode(err error) int {
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitInput
}

// printed is the text of an error. The faults of a scenario stand at the beginning of their lines, where editors look for places.
func printed(err error) string {
	var faults *scenario.Error
	if errors.As(err, &faults) {
		return faults.Error()
	}
	return "kubectl-vpsie: " + err.Error()
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "kubectl-vpsie",
		Short:         "Look at VPSie Autoscaler, and rehearse what it would do",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArguments,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl vpsie"},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newSimulate())
	return root
}

// noArguments refuses arguments as errors of usage.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range command.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	if len(names) == 0 {
		return usageError{fmt.Errorf("unexpected argument %q: %s takes flags only", args[0], command.Name())}
	}
	return usageError{fmt.Errorf("unknown command %q: want one of %s", args[0], strings.Join(names, ", "))}
}
