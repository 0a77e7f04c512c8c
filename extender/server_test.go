package extender_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// serve starts a server on a free port of the loopback and returns it once it listens.
func serve(t *testing.T, snapshot *score.Snapshot, opts extender.Options) *extender.Server {
	t.Helper()
	opts.Address, opts.Prioritize = "127.0.0.1:0", true
	server, err := extender.NewServer(fixed{snapshot}, opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with: %v", err)
		}
		if server.Ready(nil) == nil {
			t.Error("the server is ready after its end")
		}
	})
	select {
	case <-server.Listening():
	case err := <-ended:
		ended <- err
		t.FailNow()
	}
	return server
}

// ask sends a request with the client and returns the status.
func ask(client *http.Client, scheme string, server *extender.Server, body []byte) (int, error) {
	url := scheme + "://" + server.Addr().String() + extender.PathPrefix + "/prioritize"
	answer, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

func TestPlainHTTPIsServedOnTheLoopback(t *testing.T) {
	server := serve(t, smallCluster(), extender.Options{})
	if status, err := ask(http.DefaultClient, "http", server, encode(t, names("empty"))); err != nil || status != 200 {
		t.Errorf("answered %d, %v, want 200", status, err)
	}
}

func TestReadyOnceThereIsAPicture(t *testing.T) {
	if err := serve(t, smallCluster(), extender.Options{}).Ready(nil); err != nil {
		t.Errorf("Ready = %v, want nil", err)
	}
	err := serve(t, nil, extender.Options{}).Ready(nil)
	if err == nil || !strings.Contains(err.Error(), "synced") {
		t.Errorf("Ready without a picture = %v, want an error about caches", err)
	}
	idle, err := extender.NewServer(fixed{smallCluster()}, extender.Options{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if idle.Ready(nil) == nil || idle.Addr() != nil {
		t.Error("a server that was not started is ready or has an address")
	}
}

func TestEveryReplicaServes(t *testing.T) {
	server, err := extender.NewServer(fixed{}, extender.Options{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if server.NeedLeaderElection() {
		t.Error("the server waits for the election")
	}
}

func TestABusyAddressIsAnError(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	server, err := extender.NewServer(fixed{}, extender.Options{Address: busy.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err == nil || !strings.Contains(err.Error(), busy.Addr().String()) {
		t.Errorf("Start = %v, want an error that names the address", err)
	}
}

func TestContradictoryOptionsAreRefused(t *testing.T) {
	cases := map[string]struct {
		opts extender.Options
		want string
	}{
		"no port":                  {extender.Options{Address: "127.0.0.1"}, "host:port"},
		"plain HTTP to everybody":  {extender.Options{Address: ":8443"}, "loopback"},
		"plain HTTP to a network":  {extender.Options{Address: "10.0.0.1:8443"}, "loopback"},
		"a certificate, no key":    {extender.Options{Address: ":8443", CertFile: "tls.crt"}, "set both or neither"},
		"a key, no certificate":    {extender.Options{Address: ":8443", KeyFile: "tls.key"}, "set both or neither"},
		"client CA without TLS":    {extender.Options{Address: "[::1]:8443", ClientCAFile: "ca.crt"}, "need TLS"},
		"plain HTTP to a name":     {extender.Options{Address: "example.com:80"}, "loopback"},
		"loopback by name":         {extender.Options{Address: "localhost:0"}, ""},
		"loopback of version six":  {extender.Options{Address: "[::1]:0"}, ""},
		"TLS to everybody is fine": {extender.Options{Address: ":8443", CertFile: "tls.crt", KeyFile: "tls.key"}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := extender.NewServer(fixed{}, c.opts)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("NewServer = %v, want %q", err, c.want)
			}
		})
	}
}
