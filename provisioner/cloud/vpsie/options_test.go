package vpsie_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

func TestNewListsEveryFault(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := vpsie.New(vpsie.Options{
		URL: "http://api.example.com", VMPath: "vm/", HoursPerMonth: -1, CAFile: notPEM, Timeout: -1, RequestsPerMinute: -1, Burst: -1,
		UserDataVia: "mail", BreakerFailures: -1, BreakerPause: -1,
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{
		"URL", "VMPath", "Credentials", "ProjectID", "ImageID", "UserDataVia", "HoursPerMonth", "CAFile", "Timeout", "RequestsPerMinute",
		"Burst", "BreakerFailures", "BreakerPause",
	} {
		if !strings.Contains(err.Error(), "\n"+part) {
			t.Errorf("fault of %s is missing in:\n%v", part, err)
		}
	}
}

func TestURLs(t *testing.T) {
	tests := map[string]bool{
		"":                                true,
		"https://api.vpsie.com":           true,
		"https://api.vpsie.com/":          true,
		"http://127.0.0.1:8080":           true,
		"http://localhost:8080":           true,
		"http://[::1]:8080":               true,
		"http://10.0.0.1":                 false,
		"https://api.vpsie.com/v2":        false,
		"https://user:word@api.vpsie.com": false,
		"https://api.vpsie.com?x=1":       false,
		"api.vpsie.com":                   false,
		"ftp://127.0.0.1":                 false,
	}
	for url, want := range tests {
		o := options(newAPI())
		o.URL = url
		_, err := vpsie.New(o)
		if (err == nil) != want {
			t.Errorf("URL %q: error %v, accepted should be %t", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "word") {
			t.Errorf("URL %q: the error repeats the password: %v", url, err)
		}
	}
}
