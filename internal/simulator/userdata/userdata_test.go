package userdata_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/userdata"
)

const (
	tokenSecret = "0123456789abcdef"
	caHash      = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
)

// document is a complete first-boot document; tests break it by replacing a part.
const document = `#cloud-config
write_files:
  - path: /etc/motd
    content: hello
  - path: /etc/kubernetes/join.yaml
    permissions: "0600"
    content: |
      apiVersion: kubelet.config.k8s.io/v1beta1
      kind: KubeletConfiguration
      ---
      apiVersion: kubeadm.k8s.io/v1beta4
      kind: JoinConfiguration
      discovery:
        bootstrapToken:
          token: abcdef.` + tokenSecret + `
          apiServerEndpoint: 10.0.0.1:6443
          caCertHashes: ["` + caHash + `"]
      nodeRegistration:
        name: web-1
        taints:
          - key: dedicated
            value: web
            effect: NoSchedule
        kubeletExtraArgs:
          - name: node-labels
            value: pool=web
runcmd:
  - echo hello
  - [kubeadm, join, --config, /etc/kubernetes/join.yaml]
`

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func replaced(old, new string) string {
	if !strings.Contains(document, old) {
		panic("the document does not contain " + old)
	}
	return encode(strings.Replace(document, old, new, 1))
}

func TestParseReadsTheJoinConfiguration(t *testing.T) {
	got, err := userdata.Parse(encode(document))
	if err != nil {
		t.Fatal(err)
	}
	want := userdata.Join{
		TokenID: "abcdef", TokenSecret: tokenSecret,
		Endpoint:     "10.0.0.1:6443",
		CACertHashes: []string{caHash},
		NodeName:     "web-1",
		Taints:       []corev1.Taint{{Key: "dedicated", Value: "web", Effect: corev1.TaintEffectNoSchedule}},
		KubeletArgs:  map[string]string{"node-labels": "pool=web"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("join (-want +got):\n%s", diff)
	}
}

func TestParseUnderstandsEveryFormOfTheCommand(t *testing.T) {
	const list = `[kubeadm, join, --config, /etc/kubernetes/join.yaml]`
	for _, form := range []string{
		`kubeadm join --config /etc/kubernetes/join.yaml`,
		`kubeadm join --config=/etc/kubernetes/join.yaml --v=5`,
		`"mkdir -p /x && /usr/bin/kubeadm join --config '/etc/kubernetes/join.yaml'; echo done"`,
		`[/usr/bin/kubeadm, join, "--config=/etc/kubernetes/join.yaml"]`,
		`[sh, -c, "kubeadm join --config /etc/kubernetes/join.yaml"]`,
	} {
		t.Run(form, func(t *testing.T) {
			got, err := userdata.Parse(replaced(list, form))
			if err != nil || got.NodeName != "web-1" {
				t.Errorf("join of %q, error %v", got.NodeName, err)
			}
		})
	}
}

func TestParseDecodesAFileInBase64(t *testing.T) {
	join := "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery: {bootstrapToken: {token: abcdef." + tokenSecret +
		", apiServerEndpoint: 'a:1', unsafeSkipCAVerification: true}}\n"
	got, err := userdata.Parse(encode("#cloud-config\nwrite_files: [{path: /j, encoding: b64, content: " + encode(join) +
		"}]\nruncmd: [kubeadm join --config /j]\n"))
	if err != nil || !got.SkipCAVerification || got.Endpoint != "a:1" {
		t.Errorf("endpoint %q, skip %v, error %v", got.Endpoint, got.SkipCAVerification, err)
	}
}

func TestParseRefusesWhatWouldNotJoinWithoutQuotingTheSecret(t *testing.T) {
	tests := map[string]struct{ encoded, want string }{
		"nothing":              {"", "no user data"},
		"not base64":           {document, "not base64"},
		"no header":            {replaced("#cloud-config", "# cloud-config"), "#cloud-config"},
		"not YAML":             {replaced("runcmd:", "runcmd: ]"), "not a valid cloud-config"},
		"no command":           {replaced("kubeadm, join", "kubeadm, reset"), "no runcmd runs kubeadm join"},
		"no --config":          {replaced("--config, /etc/kubernetes/join.yaml", "10.0.0.1:6443"), "no --config"},
		"file not written":     {replaced("--config, /etc/kubernetes/join.yaml", "--config, /x"), "write_files does not write"},
		"unknown encoding":     {replaced(`permissions: "0600"`, "encoding: gz"), "encoding"},
		"wrong encoding":       {replaced(`permissions: "0600"`, "encoding: b64"), "not base64"},
		"no configuration":     {replaced("kind: JoinConfiguration", "kind: InitConfiguration"), "holds no JoinConfiguration"},
		"old version":          {replaced("v1beta4", "v1beta3"), "v1beta4"},
		"field of wrong type":  {replaced("name: web-1", "name: [web-1]"), "wrong type"},
		"arguments as a map":   {replaced("- name: node-labels\n            value: pool=web", "  node-labels: pool=web"), "wrong type"},
		"no discovery":         {replaced("bootstrapToken:", "file:"), "bootstrapToken is missing"},
		"malformed token":      {replaced("token: abcdef.", "token: ABC."), "token is not of the form"},
		"no endpoint":          {replaced("apiServerEndpoint: 10.0.0.1:6443", ""), "apiServerEndpoint is missing"},
		"no pin of the server": {replaced(`caCertHashes: ["`+caHash+`"]`, ""), "caCertHashes is empty"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := userdata.Parse(test.encoded)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want one with %q", err, test.want)
			}
			if strings.Contains(err.Error(), tokenSecret) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}
