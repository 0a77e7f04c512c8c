// Command vpsie-autoscaler gives a cluster on the VPSie cloud the nodes its pods need. Its sub-commands are the parts of the
// suite: `controller` buys, joins and removes machines, `extender` scores nodes for kube-scheduler, `webhook` admits objects, and
// `all` runs the three in one process.
package main

import (
	"errors"
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

func main() {
	command := newCommand(os.Environ())
	if err := command.ExecuteContext(ctrl.SetupSignalHandler()); err != nil {
		printError(err)
		os.Exit(1)
	}
}

// printError says what is wrong, one line for each fault.
func printError(err error) {
	var faults config.Faults
	if !errors.As(err, &faults) {
		fmt.Fprintf(os.Stderr, "vpsie-autoscaler: %v\n", err)
		return
	}
	for _, fault := range faults {
		fmt.Fprintf(os.Stderr, "vpsie-autoscaler: %v\n", fault)
	}
}
