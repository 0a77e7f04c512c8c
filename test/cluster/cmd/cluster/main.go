// Command cluster builds and runs a real Kubernetes control plane on this machine's loopback interface.
//
//	cluster build   compiles the components that are missing
//	cluster up      does the same, starts them, prints one line of JSON when all is ready, and runs until told to stop
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `cluster runs a real Kubernetes control plane on this machine's loopback interface.

usage:
  cluster build [flags]   compile the components that are missing; the first time takes five to ten minutes
  cluster up [flags]      run the control plane until interrupted; prints one line of JSON when it is ready

"cluster build -h" and "cluster up -h" list the flags.
`

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	context.AfterFunc(ctx, cancel) // a second Ctrl-C ends this program at once
	// Whoever reads the progress may die first; the components must then still be stopped in order.
	signal.Ignore(syscall.SIGPIPE)
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// errUsage says that the mistake is on the command line and has been reported.
var errUsage = errors.New("wrong usage")

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		io.WriteString(os.Stderr, usage)
		return errUsage
	}
	switch args[0] {
	case "build":
		return build(ctx, args[1:])
	case "up":
		return up(ctx, args[1:])
	case "help", "-h", "--help":
		io.WriteString(os.Stdout, usage)
		return nil
	}
	fmt.Fprintf(os.Stderr, "cluster: unknown command %q; there are build and up\n", args[0])
	return errUsage
}
