package extender_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/extender"
)

func TestUnusableTLSFilesAreNamed(t *testing.T) {
	dir := t.TempDir()
	authority := newAuthority(t)
	certFile, keyFile := authority.issue(t, dir, "server")
	notPEM := filepath.Join(dir, "not.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		opts extender.Options
		want string
	}{
		"a certificate that is missing": {extender.Options{CertFile: filepath.Join(dir, "none.crt"), KeyFile: keyFile}, "none.crt"},
		"a client CA that is missing":   {extender.Options{CertFile: certFile, KeyFile: keyFile, ClientCAFile: filepath.Join(dir, "none.ca")}, "none.ca"},
		"a client CA that is not PEM":   {extender.Options{CertFile: certFile, KeyFile: keyFile, ClientCAFile: notPEM}, "not.pem"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.opts.Address = "127.0.0.1:0"
			server, err := extender.NewServer(fixed{}, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Start(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Start = %v, want an error that names %s", err, c.want)
			}
		})
	}
}

func TestOverTLSTheClientNeedsACertificateWhenAnAuthorityIsGiven(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := newAuthority(t), newAuthority(t)
	certFile, keyFile := ours.issue(t, dir, "server")
	caFile := filepath.Join(dir, "ca.crt")
	if err := os.WriteFile(caFile, ours.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	open := extender.Options{CertFile: certFile, KeyFile: keyFile}
	guarded := open
	guarded.ClientCAFile = caFile
	cases := map[string]struct {
		opts   extender.Options
		client *http.Client
		serves bool
	}{
		"no certificate, none wanted":            {open, ours.client(t), true},
		"a certificate, none wanted":             {open, ours.client(t, ours), true},
		"no certificate, one wanted":             {guarded, ours.client(t), false},
		"a certificate of the authority":         {guarded, ours.client(t, ours), true},
		"a certificate of another authority":     {guarded, ours.client(t, theirs), false},
		"a client that does not know the server": {open, theirs.client(t), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := serve(t, smallCluster(), c.opts)
			defer c.client.CloseIdleConnections()
			status, err := ask(c.client, "https", server, encode(t, names("empty")))
			if served := err == nil && status == 200; served != c.serves {
				t.Errorf("answered %d, %v, want served = %v", status, err, c.serves)
			}
		})
	}
}

func TestARenewedCertificateIsUsedWithoutARestart(t *testing.T) {
	dir := t.TempDir()
	before, after := newAuthority(t), newAuthority(t)
	certFile, keyFile := before.issue(t, dir, "server")
	server := serve(t, smallCluster(), extender.Options{CertFile: certFile, KeyFile: keyFile})
	if _, err := ask(before.client(t), "https", server, encode(t, names("empty"))); err != nil {
		t.Fatal(err)
	}
	deadline, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		after.issue(t, dir, "server") // again and again: the first time may be before the file is watched
		client := after.client(t)
		_, err := ask(client, "https", server, encode(t, names("empty")))
		client.CloseIdleConnections()
		if err == nil {
			return
		}
		if deadline.Err() != nil {
			t.Fatalf("the renewed certificate is not used: %v", err)
		}
	}
}
