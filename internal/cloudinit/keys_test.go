package cloudinit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/internal/cloudinit"
)

// Public keys whose private halves were thrown away.
const (
	ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICxS6btJH9giPwftnURbjYw52+5cCxWfE0Ys8Lt5fjjN ada@example.com"
	second  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOh/l45gpGNju6YgRIgnE6/Qo5f4lScq3CAMt16nUiNE grace@example.com"
	ecdsa   = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDstOgi49Rcn70B1HC/HGCpFGekTnzsgp19HXRPcZV3hdmwXPbXa4M6RDWQj6fkTIZOtaw7jP3cLJbAuSPjDGcc="
)

func TestPublicKeysAreAccepted(t *testing.T) {
	for _, line := range []string{
		ed25519, ecdsa, "  " + second + "\t", `from="10.0.0.0/8",no-pty ` + ed25519, strings.TrimSuffix(ed25519, " ada@example.com"),
	} {
		if err := cloudinit.CheckKey(line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestWhatIsNoPublicKeyIsRefusedWithoutQuotingIt(t *testing.T) {
	const secret = "c2VjcmV0"
	for line, want := range map[string]string{
		"":                      "not a public key",
		secret:                  "not a public key",
		"# " + ed25519:          "not a public key",
		"ssh-ed25519 " + secret: "not a public key",
		"ssh-rsa " + ed25519[len("ssh-ed25519 "):]:       "not a public key",
		ed25519 + "\n" + second:                          "several lines",
		ed25519 + "\r\n":                                 "several lines",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n" + secret: "holds a private key",
		"-----BEGIN RSA PRIVATE KEY-----" + secret:       "holds a private key",
		"PuTTY-User-Key-File-3: ssh-ed25519 " + secret:   "holds a private key",
		"b3BlbnNzaC1rZXktdjEAAAAA" + secret:              "holds a private key",
	} {
		err := cloudinit.CheckKey(line)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", line, err, want)
			continue
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "AAAAC3") {
			t.Errorf("the error shows what was given: %v", err)
		}
	}
}

func TestKeyFilesAreCutIntoTheirKeys(t *testing.T) {
	got, err := cloudinit.ReadKeys("# admins\n\n" + ed25519 + "\r\n  " + second + "\n#" + ecdsa)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{ed25519, second}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestKeysAreKeptOnceWhateverTheirComment(t *testing.T) {
	restricted := `from="10.0.0.0/8" ` + ed25519
	got := cloudinit.DistinctKeys([]string{ed25519, second, ed25519 + " again", restricted, restricted, " " + second})
	if diff := cmp.Diff([]string{ed25519, second, restricted}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// Each body follows the header of a cloud-config; kept are texts that must be in the document as they were.
func TestKeysGoIntoACloudConfigWhateverItLooksLike(t *testing.T) {
	cases := map[string]struct {
		body string
		want []string
		kept string
	}{
		"nothing":                    {"", []string{ed25519, second}, ""},
		"only a comment":             {"# a\n", []string{ed25519, second}, "# a"},
		"no list":                    {"runcmd:\n- [a]  # why\n", []string{ed25519, second}, "- [a]  # why\n"},
		"no newline at the end":      {"runcmd:\n- a # why", []string{ed25519, second}, "- a # why\n"},
		"a text at the end":          {"write_files:\n- content: |+\n    x\n\n\n", []string{ed25519, second}, "    x\n\n\n"},
		"braces":                     {"{runcmd: [a]}", []string{ed25519, second}, ""},
		"everything indented":        {"  runcmd: [a]\n", []string{ed25519, second}, ""},
		"an end mark":                {"runcmd: [a]\n...\n", []string{ed25519, second}, ""},
		"a list of its own":          {"ssh_authorized_keys:\n- " + ecdsa + " # boss\nruncmd: [a] # b\n", []string{ecdsa, ed25519, second}, "# boss"},
		"a list that has one":        {"ssh_authorized_keys: ['" + second + " elsewhere']\n", []string{second + " elsewhere", ed25519}, ""},
		"a list that has all":        {"ssh_authorized_keys: ['" + second + "', '" + ed25519 + "']   # all\n", []string{second, ed25519}, "   # all"},
		"a list with something else": {"ssh_authorized_keys: [x]\n", []string{"x", ed25519, second}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			document, err := cloudinit.Source{Template: "#cloud-config\n" + c.body, SSHPublicKeys: []string{ed25519, second}}.Render(machine())
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Keys  []string `json:"ssh_authorized_keys"`
				Files []any    `json:"write_files"`
				Run   []any    `json:"runcmd"`
			}
			if err := yaml.UnmarshalStrict(document, &got); err != nil || !strings.HasPrefix(string(document), "#cloud-config\n") {
				t.Fatalf("%v in:\n%s", err, document)
			}
			if diff := cmp.Diff(c.want, got.Keys); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if strings.Contains(c.body, "runcmd") != (len(got.Run) == 1) || strings.Contains(c.body, "write_files") != (len(got.Files) == 1) {
				t.Errorf("the rest of the document was lost:\n%s", document)
			}
			if !strings.Contains(string(document), c.kept) {
				t.Errorf("the document has lost %q:\n%s", c.kept, document)
			}
		})
	}
}

func TestKeysThatCannotBePutIntoTheDocumentAreAFault(t *testing.T) {
	for body, want := range map[string]string{
		"ssh_authorized_keys: all\n":                        "ssh_authorized_keys of the document is not a list",
		"a: " + strings.Repeat("x", cloudinit.MaxBytes-100): "the document would have more than 49152 bytes",
	} {
		_, err := cloudinit.Source{Template: "#cloud-config\n" + body, SSHPublicKeys: []string{ed25519}}.Render(machine())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want an error with %q", body, err, want)
		}
	}
}

func TestScriptsAreNotChangedForKeys(t *testing.T) {
	const script = "#!/bin/sh\ntrue\n"
	document, err := cloudinit.Source{Template: script, SSHPublicKeys: []string{ed25519}}.Render(machine())
	if err != nil || string(document) != script {
		t.Errorf("rendered %q, %v; want the script", document, err)
	}
}
