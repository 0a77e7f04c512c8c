package kubescheduler

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	// startTimeout bounds the wait for a scheduler that answers.
	startTimeout = 90 * time.Second
	// stopTimeout is how long it gets to end by itself.
	stopTimeout  = 30 * time.Second
	pollInterval = 50 * time.Millisecond
	// logTail is how much of the log a failure shows, in bytes.
	logTail = 4 << 10
)

// Options of Start.
type Options struct {
	// Binary is the built kube-scheduler.
	Binary string
	// Dir takes the log. It must exist.
	Dir string
	// Flags say what it runs with, as those that Configuration.Write returns.
	Flags []string
}

// Scheduler is a running kube-scheduler. Its metrics and its configuration can be read without credentials.
type Scheduler struct {
	// URL is the origin of its health, metrics and configuration.
	URL string
	// Log is the file that its output goes to.
	Log string

	command *exec.Cmd
	ended   chan struct{} // closed when it has ended; waitErr is set by then
	waitErr error
}

// Binary is the kube-scheduler of the local control plane below a repository's root; starting one has built it.
func Binary(root string) (string, error) {
	found, err := filepath.Glob(filepath.Join(root, "bin", "control-plane", "*", "kube-scheduler"))
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%s/bin/control-plane has kube-scheduler in %d versions: want one, remove the others", root, len(found))
	}
	return filepath.Abs(found[0])
}

// Start starts a scheduler and returns when it is healthy, which says nothing about an election. The kernel ends it with this
// process.
func Start(ctx context.Context, options Options) (*Scheduler, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Scheduler{
		URL: "https://" + net.JoinHostPort("127.0.0.1", port), Log: filepath.Join(options.Dir, "kube-scheduler.log"),
		ended: make(chan struct{}),
	}
	s.command = exec.Command(options.Binary, append(options.Flags, "--bind-address=127.0.0.1", "--secure-port="+port, "-v=2",
		"--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics,/configz")...)
	if err := s.launch(); err != nil {
		return nil, err
	}
	if err := s.awaitHealthy(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Scheduler) launch() error {
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log of kube-scheduler: %w", err)
	}
	defer log.Close()
	s.command.Stdout, s.command.Stderr = log, log
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := s.command.Start(); err != nil {
		return fmt.Errorf("start kube-scheduler: %w", err)
	}
	go func() {
		s.waitErr = s.command.Wait()
		close(s.ended)
	}()
	return nil
}

// Stop asks the scheduler to end and waits for it; one that does not is killed. Once it has ended, Stop does nothing.
func (s *Scheduler) Stop() error {
	_ = s.command.Process.Signal(syscall.SIGTERM) // fails only when it has ended
	select {
	case <-s.ended:
		return nil // without its Lease it ends with an error, as it should
	case <-time.After(stopTimeout):
		s.Kill()
		return fmt.Errorf("kube-scheduler did not stop within %v of SIGTERM\n%s", stopTimeout, s.Tail())
	}
}

// Kill ends the scheduler as a crash would.
func (s *Scheduler) Kill() {
	_ = s.command.Process.Kill() // fails only when it has ended
	<-s.ended
}

// Tail is the end of the log.
func (s *Scheduler) Tail() string {
	content, err := os.ReadFile(s.Log)
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(content[max(0, len(content)-logTail):]))
}

func (s *Scheduler) awaitHealthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		_, err := s.get(ctx, "/healthz")
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("kube-scheduler ended before it was healthy: %w\n%s", s.waitErr, s.Tail())
		case <-ctx.Done():
			return fmt.Errorf("kube-scheduler is not healthy: %w\n%s", err, s.Tail())
		case <-ticker.C:
		}
	}
}

// client does not verify: the scheduler signs its own certificate, and nothing is told to it.
var client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil
}
