package serving

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

// Limits of one connection. The scheduler sends a request at once and gives up after a fraction of a second; the longer times
// leave room for whole Node objects over a slow line. Its idle connection is kept, since a new one costs a handshake.
const (
	readHeaderTimeout = 2 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	shutdownTimeout   = 5 * time.Second
	maxHeaderBytes    = 64 << 10
)

// Server serves a handler over HTTP or, given a certificate, over HTTPS. It is a manager.Runnable that runs in every replica.
type Server struct {
	handler http.Handler
	opts    Options

	listening chan struct{} // closed once addr is set
	addr      net.Addr
	stopped   atomic.Bool
}

// New returns a Server. It fails if the options contradict each other; nothing is listened on before Start.
func New(handler http.Handler, opts Options) (*Server, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", opts.Name, err)
	}
	return &Server{handler: handler, opts: opts, listening: make(chan struct{})}, nil
}

// NeedLeaderElection is false: every replica answers.
func (s *Server) NeedLeaderElection() bool { return false }

// Listening is closed once the Server listens.
func (s *Server) Listening() <-chan struct{} { return s.listening }

// Addr is the address that the Server listens on, or nil before Listening is closed.
func (s *Server) Addr() net.Addr {
	select {
	case <-s.listening:
		return s.addr
	default:
		return nil
	}
}

// Ready is nil while the Server listens.
func (s *Server) Ready(*http.Request) error {
	if s.Addr() == nil || s.stopped.Load() {
		return fmt.Errorf("the %s does not listen", s.opts.Name)
	}
	return nil
}

// Start serves until the context ends, then finishes the requests under way. It may be called once.
func (s *Server) Start(ctx context.Context) error {
	security, err := newTLSConfig(ctx, s.opts)
	if err != nil {
		return fmt.Errorf("%s: %w", s.opts.Name, err)
	}
	listener, err := net.Listen("tcp", s.opts.Address)
	if err != nil {
		return fmt.Errorf("%s: listen on %s: %w", s.opts.Name, s.opts.Address, err)
	}
	s.addr = listener.Addr()
	close(s.listening)
	s.opts.Log.Info("The "+s.opts.Name+" listens", "address", s.addr.String(), "tls", security != nil)
	return s.serve(ctx, listener, security)
}

// Protocols is HTTP/1.1 alone. The scheduler has one call on its way at a time, for which HTTP/2 has nothing to offer, and costs more.
func Protocols() *http.Protocols {
	only := &http.Protocols{}
	only.SetHTTP1(true)
	return only
}

func (s *Server) serve(ctx context.Context, listener net.Listener, security *tls.Config) error {
	server := &http.Server{
		Handler:           s.handler,
		Protocols:         Protocols(),
		TLSConfig:         security,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(logr.ToSlogHandler(s.opts.Log), slog.LevelInfo),
	}
	served := make(chan error, 1)
	go func() {
		if security == nil {
			served <- server.Serve(listener)
			return
		}
		served <- server.ServeTLS(listener, "", "")
	}()
	defer s.stopped.Store(true)
	select {
	case err := <-served:
		return fmt.Errorf("%s: serve on %s: %w", s.opts.Name, s.addr, err)
	case <-ctx.Done():
	}
	s.stopped.Store(true)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("%s: finish the requests under way: %w", s.opts.Name, err), server.Close())
	}
	return nil
}
