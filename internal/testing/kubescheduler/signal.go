package kubescheduler

import (
	"fmt"
	"syscall"
)

// Signal sends a signal, such as SIGSTOP, which makes the scheduler hang until SIGCONT.
func (s *Scheduler) Signal(signal syscall.Signal) error {
	if err := s.command.Process.Signal(signal); err != nil {
		return fmt.Errorf("send %v to kube-scheduler: %w", signal, err)
	}
	return nil
}

// Ended is closed when the scheduler has ended, for whatever reason.
func (s *Scheduler) Ended() <-chan struct{} { return s.ended }
