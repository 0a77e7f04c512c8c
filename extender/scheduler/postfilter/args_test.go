package postfilter_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vpsie/vpsie-autoscaler/extender/scheduler/postfilter"
)

// raw are arguments as the scheduler hands them over.
func raw(args string) runtime.Object {
	return &runtime.Unknown{Raw: []byte(args), ContentType: runtime.ContentTypeJSON}
}

func TestArgumentsThatAreWrongAreNamed(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	const endpoint = `{"endpoint":"https://receiver.example:8890"`
	cases := map[string]struct {
		args runtime.Object
		want string // empty for arguments that are right
	}{
		"only the endpoint":         {raw(endpoint + `}`), ""},
		"a slash behind it":         {raw(`{"endpoint":"https://receiver.example:8890/"}`), ""},
		"the loopback in the clear": {raw(`{"endpoint":"http://127.0.0.1:8890"}`), ""},
		"everything but files":      {raw(endpoint + `,"serverName":"a","timeout":"300ms","queueSize":10,"repeatAfter":"5m"}`), ""},
		"YAML":                      {&runtime.Unknown{Raw: []byte("endpoint: https://a:1\n"), ContentType: runtime.ContentTypeYAML}, ""},
		"none":                      {nil, "endpoint: is missing"},
		"empty":                     {raw(`{}`), "endpoint: is missing: set it to"},
		"an unknown field":          {raw(endpoint + `,"endpiont":"b"}`), `unknown field "endpiont"`},
		"a field twice":             {raw(endpoint + `,"endpoint":"b"}`), `key "endpoint" already set`},
		"a number for a duration":   {raw(endpoint + `,"timeout":3}`), "decode the args"},
		"no port":                   {raw(`{"endpoint":"https://receiver.example"}`), "want scheme, host and port"},
		"no scheme":                 {raw(`{"endpoint":"receiver.example:8890"}`), "want scheme, host and port"},
		"no URL":                    {raw(`{"endpoint":"https://a b:1"}`), "want scheme, host and port"},
		"another scheme":            {raw(`{"endpoint":"ftp://a:1"}`), "want https"},
		"a path":                    {raw(`{"endpoint":"https://a:1/scheduler"}`), "has a path"},
		"a query":                   {raw(`{"endpoint":"https://a:1?x=y"}`), "has a path or a query"},
		"a password":                {raw(`{"endpoint":"https://me:geheim@a:1"}`), "has a password"},
		"in the clear":              {raw(`{"endpoint":"http://receiver.example:8890"}`), "is not encrypted"},
		"a name in the clear":       {raw(`{"endpoint":"http://127.0.0.1:1","serverName":"a"}`), "need https"},
		"a missing authority":       {raw(endpoint + `,"caFile":"/no/ca"}`), "caFile: cannot be read, name an existing file: open /no/ca"},
		"an authority of nothing":   {raw(endpoint + `,"caFile":"` + notPEM + `"}`), "holds no certificate in PEM"},
		"a certificate alone":       {raw(endpoint + `,"certFile":"` + notPEM + `"}`), "set both or neither"},
		"a key that is none":        {raw(endpoint + `,"certFile":"` + notPEM + `","keyFile":"` + notPEM + `"}`), "certFile " + notPEM},
		"a negative timeout":        {raw(endpoint + `,"timeout":"-1s"}`), "timeout -1s: want a positive duration"},
		"a negative queue":          {raw(endpoint + `,"queueSize":-1}`), "queueSize -1: want 1 to 10000"},
		"a huge queue":              {raw(endpoint + `,"queueSize":10001}`), "queueSize 10001: want 1 to 10000"},
		"a negative repetition":     {raw(endpoint + `,"repeatAfter":"-1s"}`), "repeatAfter -1s: want a positive duration"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := postfilter.New(t.Context(), c.args, nil)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "geheim") || !strings.Contains(err.Error(), "pluginConfig of VPSieDiagnosis")) {
				t.Errorf("error %v: want it to say where it is, and no secret", err)
			}
		})
	}
}

func TestAllFaultsAreNamedAtOnce(t *testing.T) {
	_, err := postfilter.New(t.Context(), raw(`{"endpoint":"http://a:1","caFile":"/no/ca","keyFile":"/no/key","queueSize":-1}`), nil)
	for _, want := range []string{"endpoint", "caFile", "keyFile", "queueSize"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}
