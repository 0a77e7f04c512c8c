package contest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Start solves in a process of its own: this program, which must have a command solve that prints an outcome as JSON.
func Start(ctx context.Context, planner, path string, limit time.Duration) (*Outcome, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	command := exec.CommandContext(ctx, self, "solve", "-planner", planner, "-limit", limit.String(), path)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, os.Stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("let %s solve %s: %w", planner, path, err)
	}
	result := &Outcome{}
	if err := json.Unmarshal(out.Bytes(), result); err != nil {
		return nil, fmt.Errorf("let %s solve %s: %w", planner, path, err)
	}
	return result, nil
}
