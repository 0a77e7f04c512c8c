package cloudinit_test

import (
	"errors"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/internal/cloudinit"
)

// FuzzRender checks that no template makes the renderer panic or write more than the limit, that errors are Faults, and that what
// is rendered as a cloud-config is one, with its keys.
func FuzzRender(f *testing.F) {
	f.Add(cloudinit.Default(), "value")
	f.Add("#cloud-config\n{{ range $i, $k := .SSHPublicKeys }}{{ $i }}{{ $k | quote | indent 3 }}{{ else }}{{ break }}{{ end }}", "x")
	f.Add("#cloud-config\n{{ define \"x\" }}{{ template \"x\" . }}{{ end }}{{ template \"x\" . }}", "")
	f.Add("#cloud-config\n{{ block \"template\" . }}{{ end }}", "")
	f.Add("#!/bin/sh\n{{ range 9 }}{{ range 9 }}{{ continue }}{{ end }}{{ end }}{{ printf \"%[1]*d\" 1 2 }}", "a\nb")
	f.Add("Content-Type: multipart/mixed; boundary==\n\n--=\n\n#!/bin/sh\n--=--", "")
	f.Add("#cloud-config\na: &a [{{ .own }}, *b]\n<<: *a\n? {{ .own }}", "*a")
	f.Add("#cloud-config\nssh_authorized_keys: &x {{ .own }}\nb: *x\n", "[a]")
	f.Add("#cloud-config\n{a: b}\n", "")
	f.Add("#cloud-config\n{{ __step 99999999 }}{{ call .own }}{{ index . }}{{ slice .own 9 }}", "")
	f.Fuzz(func(t *testing.T, template, own string) {
		source := cloudinit.Source{Template: template, Variables: map[string]string{"own": own}, SSHPublicKeys: []string{ed25519}}
		document, err := source.Render(machine())
		var faults cloudinit.Faults
		if err != nil && (!errors.As(err, &faults) || len(faults) == 0 || err.Error() == "") {
			t.Fatalf("error %#v, want faults", err)
		}
		if len(document) > cloudinit.MaxBytes {
			t.Fatalf("a document of %d bytes", len(document))
		}
		if err != nil || len(document) < 13 || string(document[:13]) != "#cloud-config" {
			return
		}
		var settings struct {
			Keys []any `json:"ssh_authorized_keys"`
		}
		if err := yaml.Unmarshal(document, &settings); err != nil {
			t.Skip(err) // the two parsers differ in what they think of rare forms
		}
		if len(settings.Keys) == 0 || settings.Keys[len(settings.Keys)-1] != ed25519 && len(settings.Keys) == 1 {
			t.Fatalf("keys %v in:\n%s", settings.Keys, document)
		}
	})
}
