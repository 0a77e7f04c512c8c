// Command kubectl-vpsie is the command line of VPSie Autoscaler. kubectl runs it as `kubectl vpsie`; it works on its own as well.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := newCommand().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, printed(err))
		os.Exit(exitCode(err))
	}
}
