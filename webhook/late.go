package webhook

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"sigs.k8s.io/controller-runtime/pkg/healthz"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"
)

// lateServer starts the webhook server when the first certificate has been issued. The server ends the whole process if it is
// started without one, and with the process the rotation that would have made it.
type lateServer struct {
	issued <-chan struct{}
	serve  func() ctrlwebhook.Server

	started atomic.Pointer[healthz.Checker]
}

// NeedLeaderElection is false: every replica answers the API server.
func (l *lateServer) NeedLeaderElection() bool { return false }

// Start waits for the certificate and returns once the server was handed to the manager.
func (l *lateServer) Start(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-l.issued:
	}
	check := l.serve().StartedChecker()
	l.started.Store(&check)
	return nil
}

func (l *lateServer) ready(request *http.Request) error {
	check := l.started.Load()
	if check == nil {
		return errors.New("the webhook's certificate has not been issued")
	}
	return (*check)(request)
}
