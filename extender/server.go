package extender

import (
	"errors"
	"fmt"
	"net/http"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/vpsie/vpsie-autoscaler/extender/feed"
	"github.com/vpsie/vpsie-autoscaler/extender/serving"
)

// Server serves the verbs. It is a manager.Runnable that runs in every replica.
type Server struct {
	*serving.Server
	source Source
}

// NewServer returns a Server that answers from the snapshots of the source. It fails if the options contradict each other or
// the metrics cannot be registered; nothing is listened on before Start.
func NewServer(source Source, opts Options) (*Server, error) {
	handler, err := NewHandler(source, opts)
	if err != nil {
		return nil, err
	}
	server, err := serving.New(handler, opts.listening())
	if err != nil {
		return nil, err
	}
	return &Server{Server: server, source: source}, nil
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

// Ready is nil while the Server listens and has a picture of the cluster to answer from.
func (s *Server) Ready(r *http.Request) error {
	if err := s.Server.Ready(r); err != nil {
		return err
	}
	if s.source.Snapshot() == nil {
		return errors.New("the extender's caches have not synced")
	}
	return nil
}
