package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vpsie/vpsie-autoscaler/test/cluster"
)

// moduleFolder is where this command's module lies in the repository.
const moduleFolder = "test/cluster"

// buildFlags are the flags that both commands take.
type buildFlags struct {
	bin, module string
}

func (f *buildFlags) register(flags *flag.FlagSet) {
	flags.StringVar(&f.bin, "bin", "", "`folder` of the built components (default <repository>/bin/control-plane/"+cluster.KubernetesVersion+")")
	flags.StringVar(&f.module, "module", "", "`folder` of the Go module that requires the components (default <repository>/"+moduleFolder+")")
}

// complete fills in the defaults.
func (f *buildFlags) complete() error {
	if f.bin != "" && f.module != "" {
		return nil
	}
	root, err := repository()
	if err != nil {
		return err
	}
	if f.bin == "" {
		f.bin = filepath.Join(root, "bin", "control-plane", cluster.KubernetesVersion)
	}
	if f.module == "" {
		f.module = filepath.Join(root, moduleFolder)
	}
	return nil
}

// repository finds the root of the repository above the working folder, or else above this program.
func repository() (string, error) {
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if program, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(program))
	}
	for _, dir := range starts {
		for {
			if _, err := os.Stat(filepath.Join(dir, moduleFolder, "go.mod")); err == nil {
				return dir, nil
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return "", fmt.Errorf("no %s/go.mod above %v; run inside the repository or give -bin and -module", moduleFolder, starts)
}

func build(ctx context.Context, args []string) error {
	var f buildFlags
	flags := flag.NewFlagSet("cluster build", flag.ContinueOnError)
	f.register(flags)
	if err := parse(flags, args); err != nil {
		return ignoreHelp(err)
	}
	return f.build(ctx)
}

func (f *buildFlags) build(ctx context.Context) error {
	if err := f.complete(); err != nil {
		return err
	}
	return cluster.Build(ctx, cluster.BuildOptions{Module: f.module, Bin: f.bin, Progress: os.Stderr})
}

// parse reports mistakes itself, as flag does.
func parse(flags *flag.FlagSet, args []string) error {
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return errUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "%s: unexpected argument %q\n", flags.Name(), flags.Arg(0))
		return errUsage
	}
	return nil
}

// ignoreHelp makes a request for help a success.
func ignoreHelp(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return err
}
