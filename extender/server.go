package extender

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
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/vpsie/vpsie-autoscaler/extender/feed"
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

// Server serves the verbs over HTTP or, given a certificate, over HTTPS. It is a manager.Runnable that runs in every replica.
type Server struct {
	source  Source
	handler http.Handler
	opts    Options

	listening chan struct{} // closed once addr is set
	addr      net.Addr
	stopped   atomic.Bool
}

// NewServer returns a Server that answers from the snapshots of the source. It fails if the options contradict each other or
// the metrics cannot be registered; nothing is listened on before Start.
func NewServer(source Source, opts Options) (*Server, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("extender: %w", err)
	}
	handler, err := NewHandler(source, opts)
	if err != nil {
		return nil, err
	}
	return &Server{source: source, handler: handler, opts: opts, listening: make(chan struct{})}, nil
}

// Setup adds a Server to the manager, together with the feed that it answers from. Where the process watches Nodes and Pods for
// nothing else, feed.CacheByObject keeps its cache small.
func Setup(mgr manager.Manager, opts Options) (*Server, error) {
	source := feed.New(mgr.GetCache())
	server, err := NewServer(source, opts)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(mgr.Add(source), mgr.Add(server)); err != nil {
		return nil, fmt.Errorf("add the extender to the manager: %w", err)
	}
	return server, nil
}

// NeedLeaderElection is false: every replica answers the scheduler.
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

// Ready is nil while the Server listens and has a picture of the cluster to answer from.
func (s *Server) Ready(*http.Request) error {
	switch {
	case s.Addr() == nil || s.stopped.Load():
		return errors.New("the extender does not listen")
	case s.source.Snapshot() == nil:
		return errors.New("the extender's caches have not synced")
	default:
		return nil
	}
}

// Start serves until the context ends, then finishes the requests under way. It may be called once.
func (s *Server) Start(ctx context.Context) error {
	security, err := newTLSConfig(ctx, s.opts)
	if err != nil {
		return fmt.Errorf("extender: %w", err)
	}
	listener, err := net.Listen("tcp", s.opts.Address)
	if err != nil {
		return fmt.Errorf("extender: listen on %s: %w", s.opts.Address, err)
	}
	s.addr = listener.Addr()
	close(s.listening)
	s.opts.Log.Info("The extender listens", "address", s.addr.String(), "tls", security != nil)
	return s.serve(ctx, listener, security)
}

func (s *Server) serve(ctx context.Context, listener net.Listener, security *tls.Config) error {
	server := &http.Server{
		Handler:           s.handler,
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
		return fmt.Errorf("extender: serve on %s: %w", s.addr, err)
	case <-ctx.Done():
	}
	s.stopped.Store(true)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("extender: finish the requests under way: %w", err), server.Close())
	}
	return nil
}
