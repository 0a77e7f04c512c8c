package simulator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// ListenOptions tell where the two surfaces are served.
type ListenOptions struct {
	// Address is host:port of the VPSie API; empty stands for 127.0.0.1:0, port 0 for any free port.
	Address string
	// AdminAddress is host:port of the control desk, with the same defaults. The desk has no authentication.
	AdminAddress string
	// Certificate makes the VPSie API serve https; nil leaves it at http. The control desk is always http.
	Certificate *tls.Certificate
}

// Server is a Simulator that listens.
type Server struct {
	// URL and AdminURL are the origins of the two surfaces.
	URL, AdminURL string

	stop    context.CancelFunc
	running sync.WaitGroup
	mu      sync.Mutex
	err     error
}

// shutdownTimeout is how long calls under way may take when the server stops.
const shutdownTimeout = 5 * time.Second

// Start listens and returns at once. The server stops when ctx ends or its Close is called; that leaves the machines running, which
// Simulator.Close stops.
func (s *Simulator) Start(ctx context.Context, options ListenOptions) (*Server, error) {
	api, err := listen(ctx, options.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for the VPSie API: %w", err)
	}
	admin, err := listen(ctx, options.AdminAddress)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for the control desk: %w", err), api.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	server := &Server{URL: "http://" + api.Addr().String(), AdminURL: "http://" + admin.Addr().String(), stop: stop}
	if options.Certificate != nil {
		server.URL = "https://" + api.Addr().String()
		api = tls.NewListener(api, &tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*options.Certificate}, NextProtos: []string{"http/1.1"},
		})
	}
	server.serve(ctx, api, s.Handler())
	server.serve(ctx, admin, s.AdminHandler())
	return server, nil
}

// Close stops listening, ends the calls under way and returns the first error of a listener.
func (s *Server) Close() error {
	s.stop()
	return s.Wait()
}

// Wait returns when the server has stopped, with the first error of a listener.
func (s *Server) Wait() error {
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// serve answers calls on a listener until ctx ends, and stops everything when the listener fails.
func (s *Server) serve(ctx context.Context, listener net.Listener, handler http.Handler) {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      5 * time.Minute, // a hanging call hangs at most that long
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends hanging calls
	}
	s.running.Go(func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if server.Shutdown(late) != nil {
			_ = server.Close() // whoever is still there is cut off
		}
	})
	s.running.Go(func() {
		defer s.stop()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.err = errors.Join(s.err, err)
		}
	})
}
