package bootstrap_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/userdata"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
)

// Public keys whose private halves were thrown away.
const (
	adaKey   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICxS6btJH9giPwftnURbjYw52+5cCxWfE0Ys8Lt5fjjN ada@example.com"
	graceKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOh/l45gpGNju6YgRIgnE6/Qo5f4lScq3CAMt16nUiNE grace@example.com"
)

// golden is what machines of NodeGroups without a template get. A difference changes every machine of every user.
func golden(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func mustRender(t *testing.T, m bootstrap.Machine) string {
	t.Helper()
	document, err := bootstrap.UserData(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}

func plain() bootstrap.Machine {
	m := machine()
	m.Labels, m.Taints, m.Hostname, m.Cluster.KubernetesVersion = nil, nil, "0123", "v1.36.0+k3s1"
	return m
}

func TestDefaultDocumentStaysAsItIs(t *testing.T) {
	for file, m := range map[string]bootstrap.Machine{"full.yaml": machine(), "plain.yaml": plain()} {
		if diff := cmp.Diff(golden(t, file), mustRender(t, m)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestPublicKeysAreAllThatTheyAddToTheDefaultDocument(t *testing.T) {
	m := machine()
	m.SSHPublicKeys = []string{adaKey, graceKey}
	added, found := strings.CutPrefix(mustRender(t, m), golden(t, "full.yaml"))
	if want := "ssh_authorized_keys:\n    - " + adaKey + "\n    - " + graceKey + "\n"; !found || added != want {
		t.Errorf("added %q, want %q", added, want)
	}
}

// everything uses all variables, one a line.
const everything = `#!/bin/sh
# {{ .NodeName }} {{ .NodeGroupName }} {{ .Datacenter }} {{ .Offering }}
# {{ .JoinToken }} {{ .ClusterEndpoint }} {{ .CACertHash }} {{ .KubernetesVersion }}
# {{ .Labels }}
# {{ .Taints }}
# {{ .KubeReserved }}
# {{ join " " .SSHPublicKeys }}
# {{ .cuda_version }}
`

func TestTemplateFindsAllOfTheMachine(t *testing.T) {
	m := machine()
	m.NodeGroup, m.Datacenter, m.Offering = "gpu", "ams", "std-2c"
	m.Template, m.Variables, m.SSHPublicKeys = everything, map[string]string{"cuda_version": "12.2"}, []string{adaKey}
	want := `#!/bin/sh
# prod-web-abc gpu ams std-2c
# abcdef.0123456789abcdef 10.0.0.1:6443 sha256:abcd v1.37.2
# a.example.com/one=1,b.example.com/two=2
# autoscaler.vpsie.com/uninitialized=:NoSchedule,dedicated=batch:NoExecute
# cpu=70m,memory=1843Mi
# ` + adaKey + `
# 12.2
`
	if diff := cmp.Diff(want, mustRender(t, m)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestTheFilesFollowTheUsersVariables(t *testing.T) {
	m := machine()
	m.Variables = map[string]string{"ClusterEndpoint": "inner.example.com:443", "CACertHash": "sha256:ff", "KubernetesVersion": "v1.36.1", "NodeName": "forged", "JoinToken": "forged"}
	config, join := mustParse(t, m)
	token := join.Discovery.BootstrapToken
	if token.APIServerEndpoint != "inner.example.com:443" || !cmp.Equal(token.CACertHashes, []string{"sha256:ff"}) {
		t.Errorf("discovery %+v, want the user's endpoint and hash", token)
	}
	if !strings.Contains(config.WriteFiles[1].Content, "kubelet=1.36.1-*") {
		t.Errorf("the script does not install the user's version:\n%s", config.WriteFiles[1].Content)
	}
	if token.Token != m.Token || join.NodeRegistration.Name != m.Hostname || config.Hostname != m.Hostname {
		t.Errorf("token or name are not the machine's: %+v, %q, %q", token, join.NodeRegistration.Name, config.Hostname)
	}
}

func TestFaultOfATemplateNamesMachineFieldAndLine(t *testing.T) {
	m := machine()
	m.Template, m.TemplateField = "#cloud-config\na: {{ .Nope }}\nb: {{ .Neither }}\n", "spec.cloudInitTemplateRef"
	_, err := bootstrap.UserData(m)
	var invalid *bootstrap.InvalidError
	if !errors.As(err, &invalid) || len(invalid.Faults) != 2 {
		t.Fatalf("error %v, want two faults", err)
	}
	for _, want := range []string{m.Hostname, "spec.cloudInitTemplateRef: line 2: variable Nope is not defined", "; spec.cloudInitTemplateRef: line 3: variable Neither"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	}
}

func TestWhatIsNotTheUsersFaultIsNotBlamedOnTheNodeGroup(t *testing.T) {
	m := machine()
	m.Labels = map[string]string{"big": strings.Repeat("x", bootstrap.MaxUserDataBytes)}
	_, err := bootstrap.UserData(m)
	var invalid *bootstrap.InvalidError
	if err == nil || errors.As(err, &invalid) {
		t.Errorf("error %v, want one that is no *InvalidError", err)
	}
}

// oddToken has letters that stand together in no English word.
const oddToken = "qzqzqz.zqxjkzqxjkzqxjkv"

// The parsers of YAML quote what they do not understand; these templates make them quote the token.
func TestNoErrorShowsTheToken(t *testing.T) {
	for _, body := range []string{
		"a: *{{ .JoinToken }}", "a: !!float {{ .JoinToken }}", "{{ .JoinToken }}: 1\n{{ .JoinToken }}: 2", "{{ .JoinToken }}",
		"a: *{{ slice .JoinToken 7 }}", "a: !!int {{ slice .JoinToken 7 }}", "- {{ .JoinToken }}", "{{ template \"x\" .JoinToken }}",
		"{{ .JoinToken.Secret }}", "{{ index .JoinToken \"a\" }}", "{{ call .JoinToken }}", "{{ slice .JoinToken 99 }}", "{{ if lt .JoinToken 1 }}{{ end }}",
		"{{ printf (print \"%9999\" .JoinToken) }}", "{{ if eq .JoinToken \"" + oddToken + "\" }}a: *{{ slice .JoinToken 7 }}{{ end }}",
		"a: *{{ base64 .JoinToken }}", "ssh_authorized_keys: {{ .JoinToken }}",
	} {
		m := machine()
		m.Token = oddToken
		m.Template, m.SSHPublicKeys = "#cloud-config\n"+body+"\n", []string{adaKey}
		_, err := bootstrap.UserData(m)
		if err == nil {
			t.Errorf("%s is rendered", body)
			continue
		}
		if leaks(err.Error(), m.Token) {
			t.Errorf("%s: the error shows the token: %v", body, err)
		}
	}
}

// leaks reports whether a text has three characters of the token's secret in a row.
func leaks(text, token string) bool {
	_, secret, _ := strings.Cut(token, ".")
	for i := range len(secret) - 2 {
		if strings.Contains(text, secret[i:i+3]) {
			return true
		}
	}
	return false
}

// FuzzTemplate checks that no template makes rendering panic, write more than the limit, or show the token in an error.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"", everything, "#cloud-config\na: *{{ slice .JoinToken 7 }}", "#cloud-config\n{{ range .Labels }}{{ . }}{{ end }}",
		"#cloud-config\n{{ .JoinConfiguration }}\n{{ toYaml . | indent 9 }}", "#!{{ .JoinToken }}\r\n", "{{ template .JoinToken }}",
		"Content-Type: multipart/mixed; boundary={{ .JoinToken }}\n\n", "Content-Type: multipart/{{ .JoinToken }}; {{ .JoinToken }}\n\n",
		"MIME-Version: {{ .JoinToken }}\n{{ .JoinToken }}\n\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, template string) {
		m := machine()
		m.Token = oddToken
		m.Template, m.SSHPublicKeys = template, []string{adaKey}
		document, err := bootstrap.UserData(m)
		if len(document) > bootstrap.MaxUserDataBytes {
			t.Fatalf("%d bytes", len(document))
		}
		if err != nil && !strings.Contains(template, "qx") && leaks(err.Error(), m.Token) {
			t.Fatalf("the error shows the token: %v", err)
		}
	})
}

func TestTheDefaultDocumentBootsWithKeysAndVariables(t *testing.T) {
	m := machine()
	m.Cluster.CACertHash = "sha256:" + strings.Repeat("0", 64)
	m.SSHPublicKeys, m.Variables = []string{adaKey}, map[string]string{"unused": "x"}
	join, err := userdata.Parse(encode(mustRender(t, m)))
	if err != nil || join.NodeName != m.Hostname || join.TokenID+"."+join.TokenSecret != m.Token || !cmp.Equal(join.Taints, m.Taints) {
		t.Errorf("join of %q with taints %v, %v", join.NodeName, join.Taints, err)
	}
}
