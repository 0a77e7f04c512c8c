package cluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// BuildOptions say where the components come from and where they go.
type BuildOptions struct {
	// Module is the folder of this module's go.mod.
	Module string
	// Bin is the folder of the built files; it is made when missing.
	Bin string
	// Progress gets one line a step.
	Progress io.Writer
}

// Build compiles every component that Bin lacks or holds in another version. The first build takes about five
// minutes on two cores, later ones with a warm Go build cache take seconds.
//
// Two processes may call it at the same time with the same folder: the second one waits, and then finds the work
// done. A file appears under its name only when it is complete.
func Build(ctx context.Context, options BuildOptions) error {
	if len(missing(options.Bin)) == 0 {
		return nil
	}
	if err := os.MkdirAll(options.Bin, 0o755); err != nil {
		return fmt.Errorf("create the folder of the built components: %w", err)
	}
	unlock, err := lockFile(ctx, filepath.Join(options.Bin, ".lock"), func() {
		fmt.Fprintln(options.Progress, "waiting for another process that builds the control plane")
	})
	if err != nil {
		return err
	}
	defer unlock()

	todo := missing(options.Bin)
	if len(todo) > 0 {
		fmt.Fprintf(options.Progress, "building %d components of Kubernetes %s into %s; the first build takes five to ten minutes on 2 cores\n",
			len(todo), KubernetesVersion, options.Bin)
	}
	for i, c := range todo {
		fmt.Fprintf(options.Progress, "[%d/%d] %s ...", i+1, len(todo), c.name)
		start := time.Now()
		if err := c.build(ctx, options); err != nil {
			fmt.Fprintln(options.Progress, " failed")
			return err
		}
		fmt.Fprintf(options.Progress, " %.0f s\n", time.Since(start).Seconds())
	}
	return nil
}

// missing returns the components that are not in folder, or in another version.
func missing(folder string) []component {
	var todo []component
	for _, c := range components {
		if !c.built(folder) {
			todo = append(todo, c)
		}
	}
	return todo
}

func (c component) build(ctx context.Context, options BuildOptions) error {
	partial := filepath.Join(options.Bin, "."+c.name+".partial")
	defer os.Remove(partial) // a no-op after the rename
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-ldflags", linkerFlags(), "-o", partial, c.command)
	cmd.Dir = options.Module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s from %s: %w\n%s", c.name, c.command, err, output)
	}
	if err := os.Rename(partial, filepath.Join(options.Bin, c.name)); err != nil {
		return fmt.Errorf("put the built %s in place: %w", c.name, err)
	}
	return nil
}
