package cloudinit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/internal/cloudinit"
)

// machine are values of a machine, for the templates of tests.
func machine() map[string]any {
	return map[string]any{
		"NodeName": "web-1", "JoinToken": "abcdef.0123456789abcdef", "ClusterEndpoint": "10.0.0.1:6443", "CACertHash": "sha256:ab",
		"JoinConfiguration": "kind: JoinConfiguration\nname: web-1", "InstallScript": "#!/bin/sh\ntrue", "Labels": "a=b",
	}
}

// render makes a document of a template that follows the header of a cloud-config.
func render(t *testing.T, body string, variables map[string]string) string {
	t.Helper()
	source := cloudinit.Source{Template: "#cloud-config\n" + body, Variables: variables}
	document, err := source.Render(machine())
	if err != nil {
		t.Fatalf("render %q: %v", body, err)
	}
	return strings.TrimPrefix(string(document), "#cloud-config\n")
}

func TestTemplateFindsTheMachineAndTheUsersVariables(t *testing.T) {
	got := render(t, "a: {{ .NodeName }} {{ .cuda_version }} {{ $.JoinToken }}", map[string]string{"cuda_version": "12.2"})
	if want := "a: web-1 12.2 abcdef.0123456789abcdef"; got != want {
		t.Errorf("rendered %q, want %q", got, want)
	}
}

func TestUsersVariablesWinExceptWhereTheyWouldForgeTheMachine(t *testing.T) {
	got := render(t, "a: {{ .NodeName }} {{ .ClusterEndpoint }} {{ .JoinToken }} {{ len .SSHPublicKeys }}", map[string]string{
		"NodeName": "forged", "ClusterEndpoint": "api.example.com:443", "JoinToken": "forged", "SSHPublicKeys": "forged",
	})
	if want := "a: web-1 api.example.com:443 abcdef.0123456789abcdef 0"; got != want {
		t.Errorf("rendered %q, want %q", got, want)
	}
}

func TestFunctions(t *testing.T) {
	values := map[string]string{"text": "it's \"Q\"", "lines": "a\n\nb", "empty": ""}
	cases := map[string]struct{ expression, want string }{
		"quote":        {`{{ quote .text }}`, `"it's \"Q\""`},
		"shellQuote":   {`{{ shellQuote .text | toYaml }}`, `'''it''\''''s "Q"'''`},
		"toYaml":       {`{{ toYaml "no" }}`, `"no"`},
		"toYaml map":   {`{a: {{ toYaml "x: y" }}}`, `{a: 'x: y'}`},
		"indent":       {"|\n{{ indent 2 .lines }}", "|\n  a\n\n  b"},
		"nindent":      {"|\n  x\n  {{- nindent 2 .lines }}", "|\n  x\n  a\n\n  b"},
		"base64":       {`{{ base64 "hello" }}`, "aGVsbG8="},
		"join":         {`{{ join ", " .SSHPublicKeys | quote }}`, `""`},
		"lower":        {`{{ lower "ABC" }}`, "abc"},
		"default":      {`{{ default "x" .empty }}{{ .empty | default "y" }}{{ default "z" .lines | base64 }}`, "xyYQoKYg=="},
		"may be there": {`{{ index . "nowhere" | default "x" }}`, "x"},
		"printf":       {`{{ printf "%03d-%-5.2s|" 7 "abc" | quote }}`, `"007-ab   |"`},
		"print":        {`{{ print 1 2 }}`, "1 2"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := render(t, "v: "+c.expression, values); got != "v: "+c.want {
				t.Errorf("%s gives %q, want %q", c.expression, got, "v: "+c.want)
			}
		})
	}
}

// Each template is refused with one fault for each of the texts, in order.
func TestWhatIsWrongWithATemplateIsNamedWithItsLine(t *testing.T) {
	const all = "use one of CACertHash, ClusterEndpoint, InstallScript, JoinConfiguration, JoinToken, Labels, NodeName, SSHPublicKeys, own"
	cases := map[string]struct {
		template string
		want     []string
	}{
		"every unknown variable": {
			"#cloud-config\na: {{ .Hostname }}\nb: {{ if false }}{{ $.Token }}{{ end }}\n",
			[]string{"line 2: variable Hostname is not defined: define it in spec.cloudInitVariables, or " + all, "line 3: variable Token is not defined"},
		},
		"one variable twice": {"#cloud-config\na: {{ .Hostname }}\nb: {{ .Hostname }}\n", []string{"line 2: variable Hostname is not defined"}},
		"very many variables": {
			"#cloud-config\n# {{ .a }}{{ .b }}{{ .c }}{{ .d }}{{ .e }}{{ .f }}{{ .g }}{{ .h }}{{ .i }}{{ .j }}{{ .k }}{{ .l }}",
			[]string{"variable a is", "variable b is", "variable c is", "variable d is", "variable e is", "variable f is", "variable g is", "variable h is", "variable i is", "variable j is", "more variables are not defined"},
		},
		"loops nested very deep": {"#cloud-config\n" + strings.Repeat("{{ range 2 }}", 2500) + strings.Repeat("{{ end }}", 2500), []string{"the template does too much"}},
		"one in a template that is called": {
			"#cloud-config\n{{ define \"x\" }}{{ .Hostname }}{{ end }}a: {{ template \"x\" . }}", []string{"line 2: variable Hostname is not defined"},
		},
		"syntax":                      {"#cloud-config\na: {{ .NodeName }\n", []string{"line 2: unexpected \"}\""}},
		"an unknown function":         {"#cloud-config\na: {{ upper .NodeName }}", []string{`line 2: function "upper" not defined: use one of base64, default, indent,`}},
		"a wrong argument":            {"#cloud-config\n\na: {{ indent 65 .NodeName }}", []string{"line 3: at <indent 65 .NodeName>: error calling indent: 65 spaces: choose 0 to 64"}},
		"a wrong type":                {"#cloud-config\na: {{ .NodeName.First }}", []string{"line 2: at <.NodeName.First>: can't evaluate field First in type"}},
		"too long":                    {strings.Repeat("#", cloudinit.MaxTemplateBytes+1), []string{"the template has 65537 bytes: at most 65536 are accepted"}},
		"a loop without an end":       {"#cloud-config\n{{ range 1000000000 }}{{ end }}", []string{"the template does too much"}},
		"loops in loops":              {"#cloud-config\n{{ range 3000 }}{{ range 3000 }}{{ end }}{{ end }}", []string{"the template does too much"}},
		"a template that calls":       {"#cloud-config\n{{ define \"x\" }}{{ template \"x\" }}{{ end }}{{ template \"x\" }}", []string{"the template does too much"}},
		"a document that grows":       {"#cloud-config\n{{ range 10000 }}# line\n{{ end }}", []string{"the document would have more than 49152 bytes"}},
		"a document that grows first": {"#cloud-config\n{{ range 10000 }}# line\n{{ end }}{{ .NodeName.First }}", []string{"the document would have more than 49152 bytes"}},
		"a text that doubles":         {"#cloud-config\n{{ $x := \"0123456789\" }}{{ range 64 }}{{ $x = print $x $x }}{{ end }}", []string{"the document would have more than 49152 bytes"}},
		"much work for little":        {"#cloud-config\n{{ $x := printf \"%999d\" 1 }}{{ range 9999 }}{{ $y := base64 $x }}{{ end }}", []string{"the template does too much"}},
		"a width without a limit":     {`#cloud-config` + "\n" + `a: {{ printf "%9999d" 1 }}`, []string{`a verb starts with "%9999": a width has at most three digits`}},
		"a width as an argument":      {`#cloud-config` + "\n" + `a: {{ printf "%-*d" 9999 1 }}`, []string{`a verb starts with "%-*"`}},
		"arguments without a limit":   {"#cloud-config\na: {{ print " + strings.Repeat("1 ", 17) + "}}", []string{"17 arguments: use at most 16"}},
		"no header":                   {"\n#cloud-config\n", []string{"the document starts with none of #cloud-config, #! and Content-Type: multipart/mixed"}},
		"nothing":                     {"{{/* empty */}}", []string{"the document starts with none of"}},
		"not YAML":                    {"#cloud-config\na: [\n", []string{"the document is not a YAML mapping, as #cloud-config must be: line"}},
		"a list":                      {"#cloud-config\n- a\n", []string{"the document is not a YAML mapping"}},
		"a setting twice":             {"#cloud-config\nruncmd: []\nruncmd: []\n", []string{`mapping key "runcmd" already defined at line 2`}},
		"two documents":               {"#cloud-config\na: b\n---\nc: d\n", []string{"a second YAML document after ---"}},
		"no interpreter":              {"#!\necho\n", []string{"names no interpreter"}},
		"line ends of another world":  {"#!/bin/sh\r\necho\r\n", []string{"ends in a carriage return"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := cloudinit.Source{Template: c.template, Variables: map[string]string{"own": "x"}}.Render(machine())
			var faults cloudinit.Faults
			if !errors.As(err, &faults) || len(faults) != len(c.want) {
				t.Fatalf("error %v, want %d faults", err, len(c.want))
			}
			for i, want := range c.want {
				if !strings.Contains(faults[i].String(), want) {
					t.Errorf("fault %q, want one with %q", faults[i], want)
				}
			}
		})
	}
}

func TestWhatStandsInALoopIsNotTakenForAVariable(t *testing.T) {
	source := cloudinit.Source{Template: "#cloud-config\n{{ range .SSHPublicKeys }}{{ .Type }}{{ else }}a: {{ .NodeName }}{{ end }}"}
	if _, err := source.Render(machine()); err != nil {
		t.Errorf("without keys: %v, want a document", err)
	}
	source.SSHPublicKeys = []string{ed25519}
	if _, err := source.Render(machine()); err == nil || !strings.Contains(err.Error(), "line 2: at <.Type>: can't evaluate field Type") {
		t.Errorf("with keys: %v, want the fault of the field", err)
	}
}

func TestLargeHonestTemplatesAreRendered(t *testing.T) {
	body := "write_files:\n{{ range 30 }}{{ $i := . }}- path: /etc/{{ $i }}\n  content: {{ base64 (printf \"%0999d\" $i) }}\n{{ end }}"
	var got struct {
		WriteFiles []struct{ Path string } `json:"write_files"`
	}
	if err := yaml.Unmarshal([]byte(render(t, body, nil)), &got); err != nil || len(got.WriteFiles) != 30 || got.WriteFiles[29].Path != "/etc/29" {
		t.Errorf("%d files, %v; want 30", len(got.WriteFiles), err)
	}
}

func TestScriptsAndMultipartDocumentsAreRendered(t *testing.T) {
	for _, template := range []string{
		"#!/bin/sh\nkubeadm join {{ .ClusterEndpoint }}\n",
		message("Content-Type: text/cloud-config\n\nhostname: {{ .NodeName }}", "Content-Type: text/x-shellscript\n\n#!/bin/sh\ntrue"),
		message("\n#cloud-config\na: b", "\n#!/bin/sh\ntrue", "Content-Type: text/cloud-boothook\n\nanything"),
		"MIME-Version: 1.0\n" + message("Content-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n{{ base64 .InstallScript }}"),
	} {
		document, err := cloudinit.Source{Template: template}.Render(machine())
		if err != nil || len(document) == 0 {
			t.Errorf("render %q: %v", template, err)
		}
	}
}

// message is a MIME message of parts.
func message(parts ...string) string {
	text := "Content-Type: multipart/mixed; boundary=\"=\"\n\n"
	for _, part := range parts {
		text += "--=\n" + part + "\n"
	}
	return text + "--=--\n"
}

func TestWhatIsWrongWithAMultipartDocumentIsNamedWithItsPart(t *testing.T) {
	good := "Content-Type: text/x-shellscript\n\n#!/bin/sh\ntrue"
	for template, want := range map[string]string{
		"Content-Type: multipart/mixed\n\n":                   "has no header such as Content-Type: multipart/mixed; boundary",
		"MIME-Version: 1.0\nContent-Type: text/plain\n\n":     "has no header such as Content-Type: multipart/mixed; boundary",
		"Content-Type: multipart/mixed; boundary=x\nnonsense": "the document is not a MIME message",
		message(): "has no part",
		message(good, "Content-Type: text/cloud-config\n\n- a"):                                       "part 2 of the MIME message: the document is not a YAML mapping",
		message("Content-Type: text/x-shellscript\n\ntrue"):                                           "part 1 of the MIME message: a part of type text/x-shellscript must start with #!",
		message("Content-Type: text/x-shellscript\n\n#!\n"):                                           "names no interpreter",
		message("\nanything"):                                                                         "part 1 of the MIME message: cloud-init would ignore it",
		message("Content-Transfer-Encoding: base64\n\n?"):                                             "is not base64",
		message("Content-Transfer-Encoding: rot13\n\n?"):                                              "is not one of 7bit, 8bit and base64",
		message("\n" + message(good)):                                                                 "a MIME message itself",
		strings.TrimSuffix(message(good), "--=--\n"):                                                  "is there a line with the boundary and -- at the end?",
		strings.TrimSuffix(message(good, "Content-Type: text/x-shellscript\n\n#!/bin/sh"), "--=--\n"): "part 2 of the MIME message: it does not end",
	} {
		_, err := cloudinit.Source{Template: template}.Render(machine())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("render %q: %v, want an error with %q", template, err, want)
		}
	}
}

func TestRehearsalTellsWhatATemplateLacks(t *testing.T) {
	joined := "#cloud-config\nruncmd: [[kubeadm, join, {{ .JoinToken }}]]\n"
	cases := map[string]struct {
		source cloudinit.Source
		want   cloudinit.Rehearsal
	}{
		"nothing, by default": {cloudinit.Source{}, cloudinit.Rehearsal{Joins: true}},
		"no token":            {cloudinit.Source{Template: "#!/bin/sh\n"}, cloudinit.Rehearsal{}},
		"variables that the default does not use": {cloudinit.Source{Variables: map[string]string{"b": "", "a": ""}}, cloudinit.Rehearsal{Joins: true, Unused: []string{"a", "b"}}},
		"a part of what the default uses":         {cloudinit.Source{Variables: map[string]string{"ClusterEndpoint": "a:1", "KubernetesVersion": "v1.2.3"}}, cloudinit.Rehearsal{Joins: true}},
		"a part of what it does not use":          {cloudinit.Source{Template: joined, Variables: map[string]string{"ClusterEndpoint": "a:1"}}, cloudinit.Rehearsal{Joins: true, Unused: []string{"ClusterEndpoint"}}},
		"a variable in a loop": {
			cloudinit.Source{Template: joined + "{{ range 1 }}# {{ $.a }}{{ end }}{{ with . }}{{ .b }}{{ end }}{{ index . \"c\" }}", Variables: map[string]string{"a": "", "b": "", "c": ""}},
			cloudinit.Rehearsal{Joins: true},
		},
		"a variable that a template is called with": {
			cloudinit.Source{Template: joined + "{{ define \"x\" }}{{ . }}{{ end }}# {{ template \"x\" .a }}", Variables: map[string]string{"a": ""}}, cloudinit.Rehearsal{Joins: true},
		},
		"a variable in a template that is called": {
			cloudinit.Source{Template: joined + "{{ define \"x\" }}{{ .a }}{{ end }}# {{ template \"x\" . }}", Variables: map[string]string{"a": ""}}, cloudinit.Rehearsal{Joins: true},
		},
		"a place for keys":            {cloudinit.Source{Template: "#!/bin/sh\n# {{ .JoinToken }}", SSHPublicKeys: []string{ed25519}}, cloudinit.Rehearsal{Joins: true, KeysLost: true}},
		"nothing when it places them": {cloudinit.Source{Template: "#!/bin/sh\n# {{ .JoinToken }} {{ join \",\" .SSHPublicKeys }}", SSHPublicKeys: []string{ed25519}}, cloudinit.Rehearsal{Joins: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := c.source.Rehearse()
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("rehearsal: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// A machine must not be bought with a template that was never rendered: what fails with values fails in the rehearsal, too.
func TestRehearsalFailsAsTheRenderingWould(t *testing.T) {
	for _, template := range []string{"", "{{", "#cloud-config\n{{ .Nope }}", "#cloud-config\n- a", "#!"} {
		source := cloudinit.Source{Template: template}
		values := map[string]any{}
		for _, variable := range cloudinit.Variables() {
			values[variable.Name] = "x"
		}
		_, rehearsed := source.Rehearse()
		_, rendered := source.Render(values)
		if (rehearsed == nil) != (rendered == nil) {
			t.Errorf("template %q: rehearsal %v, rendering %v", template, rehearsed, rendered)
		}
	}
}
