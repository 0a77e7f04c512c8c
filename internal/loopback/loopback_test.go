package loopback_test

import (
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/loopback"
)

func TestHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"": false, "10.0.0.1": false, "0.0.0.0": false, "::": false, "localhost.example.com": false, "127.0.0.1.nip.io": false,
	} {
		if got := loopback.Host(host); got != want {
			t.Errorf("%q is the loopback: %t, want %t", host, got, want)
		}
	}
}
