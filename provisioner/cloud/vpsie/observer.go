package vpsie

import "time"

// Observer is told about the traffic, for metrics. The method is the adapter's own name of the call, such as "ListMachines".
// Its methods are called from many goroutines at once.
type Observer interface {
	// Call reports one HTTP request, repeated ones included. The status is the HTTP status code, or "error" when no whole
	// answer arrived. The duration leaves out the wait for the rate limit.
	Call(method, status string, duration time.Duration)
	// Failed reports the error of a request, one of the cloud package's.
	Failed(method string, err error)
	// Throttled reports how long a request was held back to keep the rate limit.
	Throttled(method string, wait time.Duration)
	// BreakerChanged reports a change of the circuit breaker between "closed", "open" and "half-open". It may not call the client.
	BreakerChanged(from, to string)
}

// noObserver is nobody.
type noObserver struct{}

func (noObserver) Call(string, string, time.Duration) {}
func (noObserver) Failed(string, error)               {}
func (noObserver) Throttled(string, time.Duration)    {}
func (noObserver) BreakerChanged(string, string)      {}
