package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// Ports are taken from below the range from which Linux picks the ports of outgoing connections.
const (
	firstPort = 20000
	lastPort  = 29999
)

// ports reserves loopback ports for components that open them later themselves.
//
// A port that is free now may be taken before the component opens it. Against other control planes on this machine
// each reservation is also a name in Linux's abstract socket namespace, which only one process can hold, and which
// disappears with the process.
type ports struct {
	held []net.Listener
}

// take returns a port that is free and not reserved by another control plane.
func (p *ports) take() (int, error) {
	var last error
	for range 200 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		reservation, err := net.Listen("unix", fmt.Sprintf("@vpsie-autoscaler-test-port-%d", port))
		if err != nil {
			last = err
			continue
		}
		probe, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err != nil {
			reservation.Close()
			last = err
			continue
		}
		probe.Close()
		p.held = append(p.held, reservation)
		return port, nil
	}
	return 0, fmt.Errorf("find a free port between %d and %d on %s: %w", firstPort, lastPort, loopback, last)
}

// takeInto reserves one port for each destination.
func (p *ports) takeInto(destinations ...*int) error {
	for _, destination := range destinations {
		port, err := p.take()
		if err != nil {
			return err
		}
		*destination = port
	}
	return nil
}

// release gives all reservations back.
func (p *ports) release() error {
	var errs []error
	for _, l := range p.held {
		errs = append(errs, l.Close())
	}
	p.held = nil
	return errors.Join(errs...)
}
