package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stopGrace is how long a component may take to end after SIGTERM before it is killed.
const stopGrace = 5 * time.Second

// logTailLines is how much of a dead component's log an error shows.
const logTailLines = 25

// process is one running component.
type process struct {
	name string
	log  string // path
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended; err is set by then
	err  error
}

// startProcess starts a component whose output goes to name.log in folder, with folder as its home, so that no
// configuration of the user's leaks in.
func startProcess(name, binary, folder string, args []string) (*process, error) {
	log := filepath.Join(folder, name+".log")
	output, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("create the log of %s: %w", name, err)
	}
	defer output.Close()
	cmd := exec.Command(binary, args...)
	cmd.Dir = folder
	cmd.Env = []string{"HOME=" + folder, "PATH=" + os.Getenv("PATH")}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true,            // Ctrl-C reaches only the runner, which stops the components in order
		Pdeathsig: syscall.SIGKILL, // a killed runner leaves nothing behind
	}
	if err := onLastingThread(cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, log: log, cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// signal asks the process to end.
func (p *process) signal(signal os.Signal) error {
	err := p.cmd.Process.Signal(signal)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// waitStopped returns when the process has ended, and kills it after the grace period.
func (p *process) waitStopped() {
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-p.done:
		return
	case <-timer.C:
	}
	p.cmd.Process.Kill() // fails only when the process has just ended
	<-p.done
}

// failure describes the unexpected end of the process with the last lines of its log.
func (p *process) failure() error {
	ending := "ended by itself"
	if p.err != nil {
		ending = p.err.Error()
	}
	return p.explain(errors.New(ending))
}

// explain adds the last lines of the log to an error about this process.
func (p *process) explain(err error) error {
	content, readErr := os.ReadFile(p.log)
	if readErr != nil {
		return fmt.Errorf("%s: %w (its log cannot be read: %v)", p.name, err, readErr)
	}
	lines := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	lines = lines[max(0, len(lines)-logTailLines):]
	tail := strings.ReplaceAll(string(bytes.Join(lines, []byte("\n"))), "\n", "\n  ")
	return fmt.Errorf("%s: %w; the end of %s:\n  %s", p.name, err, p.log, tail)
}

// lastingThread runs the functions sent to it on one OS thread that is never given back to the Go runtime.
var lastingThread = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

// onLastingThread calls start on an OS thread that lives as long as this program. The kernel sends Pdeathsig when
// the thread that made the child ends, not the process.
func onLastingThread(start func() error) error {
	result := make(chan error)
	lastingThread() <- func() { result <- start() }
	return <-result
}
