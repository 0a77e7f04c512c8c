package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
)

// run serves until the context ends, standard input ends (when that was asked for) or a listener fails.
func run(command *cobra.Command, f flags) error {
	ctx, stop := context.WithCancel(command.Context())
	defer stop()
	log := slog.New(slog.NewJSONHandler(command.ErrOrStderr(), nil))

	options, err := f.options(log)
	if err != nil {
		return err
	}
	certificate, authority, err := f.certificate()
	if err != nil {
		return err
	}
	chances, err := f.chances()
	if err != nil {
		return err
	}
	sim := simulator.New(options)
	defer sim.Close()
	for _, rule := range chances {
		if err := sim.InjectFault(rule); err != nil {
			return fmt.Errorf("--fail: %w", err)
		}
	}
	server, err := sim.Start(ctx, simulator.ListenOptions{Address: f.listen, AdminAddress: f.adminListen, Certificate: certificate})
	if err != nil {
		return err
	}
	announcement, err := json.Marshal(announce(server, authority, sim))
	if err == nil {
		err = publish(command.OutOrStdout(), f.readyFile, append(announcement, '\n'))
	}
	if err != nil {
		return errors.Join(err, server.Close())
	}
	if f.untilStdinCloses {
		go func() {
			_, _ = io.Copy(io.Discard, command.InOrStdin()) // an error ends the input as well
			stop()
		}()
	}
	log.Info("listening", "url", server.URL, "adminURL", server.AdminURL, "latency", f.latency, "seed", f.seed)
	err = server.Wait()
	log.Info("stopped")
	return err
}

// publish prints the line and, when a file is named, puts it there in one step, so that nobody reads half of it.
func publish(out io.Writer, file string, line []byte) error {
	if file != "" {
		draft := file + ".tmp"
		if err := os.WriteFile(draft, line, 0o600); err != nil {
			return fmt.Errorf("--ready-file: %w", err)
		}
		if err := os.Rename(draft, file); err != nil {
			return fmt.Errorf("--ready-file: %w", err)
		}
	}
	if _, err := out.Write(line); err != nil {
		return fmt.Errorf("print the addresses: %w", err)
	}
	return nil
}
