package latency

import (
	"net/http"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// stopwatch notes how long a handler takes.
type stopwatch struct {
	next http.Handler

	mu       sync.Mutex
	cpu, all []time.Duration
}

// ServeHTTP passes the request on. The handler keeps its thread, whose processor time is then that of the request alone.
func (s *stopwatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, used := time.Now(), threadTime()
	s.next.ServeHTTP(w, r)
	took, cpu := time.Since(start), threadTime()-used
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cpu, s.all = append(s.cpu, cpu), append(s.all, took)
}

// take returns what was noted since it was last called: the processor's time, and all time.
func (s *stopwatch) take() (cpu, all []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cpu, all = s.cpu, s.all
	s.cpu, s.all = nil, nil
	return cpu, all
}

// threadTime is what the current thread has had of a processor; zero where the system does not tell. Getrusage would count in ticks.
func threadTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
