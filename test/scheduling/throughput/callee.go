package throughput

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/metricspage"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/test/scheduling/mtls"
)

// Names of the arms.
const (
	None    = "no extender"
	Trivial = "one that does nothing"
	Ours    = "ours"
)

// callee is what the scheduler calls in one arm.
type callee struct {
	name string
	// bend changes the shipped configuration.
	bend func(kubescheduler.Configuration)
	// answered counts the requests answered so far; nil where nobody can be asked.
	answered func(context.Context) (int, error)
}

// callees are those of all arms.
func (b *bench) callees(ctx context.Context) ([]callee, error) {
	dir, err := b.folder("trivial") // the stack's own folder has the extender's certificates
	if err != nil {
		return nil, err
	}
	files, err := stack.WriteCertificates(dir)
	if err != nil {
		return nil, err
	}
	var trivial trivial
	address, err := mtls.Serve(ctx, files, &trivial)
	if err != nil {
		return nil, err
	}
	return []callee{
		{name: None, bend: func(c kubescheduler.Configuration) { delete(c, "extenders") }},
		{name: Trivial, answered: trivial.answered, bend: func(c kubescheduler.Configuration) {
			extender := c.Extender()
			extender["urlPrefix"], extender["tlsConfig"] = "https://"+address, files.ClientSettings()
		}},
		{name: Ours, answered: b.answered, bend: func(kubescheduler.Configuration) {}},
	}, nil
}

// answered counts what our extender has answered well.
func (b *bench) answered(ctx context.Context) (int, error) {
	page, err := b.stack.Scrape(ctx, stack.Extender)
	if err != nil {
		return 0, err
	}
	count, err := metricspage.Sum(page, "vpsie_autoscaler_extender_requests_total", `verb="prioritize"`, `code="200"`)
	return int(count), err
}

// trivial is an extender that scores nothing: what it costs is the price of calling any.
type trivial struct{ requests atomic.Int64 }

// ServeHTTP reads the request and says as little as it may.
func (t *trivial) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.requests.Add(1)
	_, _ = io.Copy(io.Discard, r.Body) // of a scheduler that hung up there is nothing to read
	_, _ = io.WriteString(w, "[]")     // nor anybody to answer
}

func (t *trivial) answered(context.Context) (int, error) { return int(t.requests.Load()), nil }
