package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// twist is what goes wrong with a call that is otherwise answered as usual.
type twist struct {
	fate      cloud.Fate // of the new machine
	fateAfter time.Duration
	queue     time.Duration // the new machine is on no list for so long
	twice     bool          // two machines instead of one
	truncated bool          // half of the rows are left out
}

type twistKey struct{}

// on gives the call a twist.
func (t twist) on(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), twistKey{}, t))
}

// twistOf is the twist of a call; the zero value is none.
func twistOf(r *http.Request) twist {
	t, _ := r.Context().Value(twistKey{}).(twist)
	return t
}

func (a *API) acceptAndHang(r *http.Request, t twist) {
	a.answer(discard{header: http.Header{}}, t.on(r))
	hang(r)
}

// hang ends the call without an answer once the client has given up or the server is stopping.
func hang(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

// Header implements http.ResponseWriter.
func (d discard) Header() http.Header { return d.header }

// Write implements http.ResponseWriter.
func (discard) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (discard) WriteHeader(int) {}
