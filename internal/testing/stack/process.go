package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// startTimeout bounds the wait for a process to say that it is ready.
	startTimeout = 90 * time.Second
	// stopTimeout is how long a process gets to end by itself.
	stopTimeout  = 30 * time.Second
	pollInterval = 50 * time.Millisecond
	// logTail is how much of a log a failure shows, in bytes.
	logTail = 4 << 10
)

// Process is one part of the product.
type Process struct {
	Name string
	// Log is the file that its output goes to.
	Log string

	command *exec.Cmd
	ended   chan struct{} // closed when it has ended; waitErr is set by then
	waitErr error
}

// startProcess starts a program. The kernel ends it with this process, however this process ends.
func startProcess(dir, name string, command *exec.Cmd) (*Process, error) {
	p := &Process{Name: name, Log: filepath.Join(dir, name+".log"), command: command, ended: make(chan struct{})}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", name, err)
	}
	defer log.Close()
	command.Stderr = log
	if command.Stdout == nil {
		command.Stdout = log
	}
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.waitErr = command.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Stop asks the process to end and waits for it. A process that has to be killed is an error.
func (p *Process) Stop() error {
	_ = p.command.Process.Signal(syscall.SIGTERM) // fails only when it has ended
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		p.Kill()
		return fmt.Errorf("%s did not stop within %v of SIGTERM\n%s", p.Name, stopTimeout, p.Tail())
	}
	if p.waitErr != nil {
		return fmt.Errorf("%s: %w\n%s", p.Name, p.waitErr, p.Tail())
	}
	return nil
}

// Kill ends the process as a crash would.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // fails only when it has ended
	<-p.ended
}

// Suspend makes the process hang: its connections stay open, and nobody answers on them.
func (p *Process) Suspend() error { return p.command.Process.Signal(syscall.SIGSTOP) }

// Resume ends what Suspend began.
func (p *Process) Resume() error { return p.command.Process.Signal(syscall.SIGCONT) }

// Tail is the end of the log.
func (p *Process) Tail() string {
	content, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(content[max(0, len(content)-logTail):]))
}

// awaitReady returns when the readiness endpoint of a process answers 200.
func (p *Process) awaitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close() // nothing of it was wanted
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended before it was ready: %w\n%s", p.Name, errors.Join(p.waitErr), p.Tail())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w\n%s", p.Name, ctx.Err(), p.Tail())
		case <-ticker.C:
		}
	}
}
