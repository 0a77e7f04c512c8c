package extender

import (
	"fmt"
	"net"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
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

// validate names everything that is wrong with the listening side of the options.
func (o Options) validate() error {
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		return fmt.Errorf("address %q: want host:port: %w", o.Address, err)
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return fmt.Errorf("certificate file %q and key file %q: set both or neither", o.CertFile, o.KeyFile)
	}
	if o.CertFile != "" {
		return nil
	}
	if o.ClientCAFile != "" {
		return fmt.Errorf("client CA file %q: client certificates need TLS: set a certificate file and a key file too", o.ClientCAFile)
	}
	if !loopback(host) {
		return fmt.Errorf("address %q: plain HTTP is served on the loopback only: set a certificate file and a key file", o.Address)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
