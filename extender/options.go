package extender

import (
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/vpsie/vpsie-autoscaler/extender/serving"
)

// DefaultPreemptVeto is twice the time that a slow machine takes from the decision to the Ready node.
const DefaultPreemptVeto = 4 * time.Minute

// Options say which verbs are served and how.
type Options struct {
	// Prioritize, Filter and Preempt switch the verbs on.
	Prioritize, Filter, Preempt bool

	// PreemptVeto is how long after the decision on a machine the pods that it was bought for may not evict others.
	// Zero means DefaultPreemptVeto.
	PreemptVeto time.Duration

	// Address is the host:port to listen on. Port 0 picks a free one, see Server.Addr.
	Address string

	// CertFile and KeyFile hold the server's certificate and key in PEM. They are read again when they change. Without them
	// the server speaks plain HTTP, which is refused on any address but the loopback.
	CertFile, KeyFile string

	// ClientCAFile holds the authorities in PEM that the scheduler's client certificate must come from. It is read once.
	// Empty means that anybody may ask.
	ClientCAFile string

	// Registerer takes the metrics of the extender. Nil means that they are counted but not exported.
	Registerer prometheus.Registerer

	// Log is where the extender reports what an operator should know. The zero value discards it.
	Log logr.Logger
}

// listening is the part of the options that says where and to whom the verbs are served.
func (o Options) listening() serving.Options {
	return serving.Options{
		Name: "extender", Address: o.Address, CertFile: o.CertFile, KeyFile: o.KeyFile, ClientCAFile: o.ClientCAFile, Log: o.Log,
	}
}
