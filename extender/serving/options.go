package serving

import (
	"fmt"
	"net"

	"github.com/go-logr/logr"

	"github.com/vpsie/vpsie-autoscaler/internal/loopback"
)

// Options say where and to whom a Server answers.
type Options struct {
	// Name is what errors and the log call the server, such as "extender".
	Name string

	// Address is the host:port to listen on. Port 0 picks a free one, see Server.Addr.
	Address string

	// CertFile and KeyFile hold the server's certificate and key in PEM. They are read again when they change. Without them
	// the server speaks plain HTTP, which is refused on any address but the loopback.
	CertFile, KeyFile string

	// ClientCAFile holds the authorities in PEM that a client's certificate must come from. It is read once.
	// Empty means that anybody may ask.
	ClientCAFile string

	// Log is where the server reports what an operator should know. The zero value discards it.
	Log logr.Logger
}

// validate names everything that is wrong with the options.
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
	if !loopback.Host(host) {
		return fmt.Errorf("address %q: plain HTTP is served on the loopback only: set a certificate file and a key file", o.Address)
	}
	return nil
}
