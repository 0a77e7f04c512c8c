package config_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

// write makes a file in a directory of the test and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// certDir makes a directory with a certificate and a key, as far as a look from outside can tell.
func certDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// needed are the settings that the command "all" cannot do without, or that others depend on.
func needed(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"vpsie.tokenFile": write(t, "token", "x"), "vpsie.projectID": "1", "vpsie.imageID": "image",
		"extender.certFile": write(t, "crt", ""), "extender.keyFile": write(t, "key", ""), "webhook.certDir": certDir(t),
	}
}

func keyNamed(t *testing.T, name string) config.Key {
	t.Helper()
	for _, key := range config.Keys() {
		if key.Name == name {
			return key
		}
	}
	t.Fatalf("no key %s", name)
	return config.Key{}
}

// The three ways to set keys.
func asArgs(t *testing.T, settings map[string]string) config.LoadOptions {
	t.Helper()
	var args []string
	for name, value := range settings {
		args = append(args, "--"+keyNamed(t, name).Flag()+"="+value)
	}
	return config.LoadOptions{Command: config.CommandAll, Args: args}
}

func asEnviron(t *testing.T, settings map[string]string) config.LoadOptions {
	t.Helper()
	var environ []string
	for name, value := range settings {
		environ = append(environ, keyNamed(t, name).Env()+"="+value)
	}
	return config.LoadOptions{Command: config.CommandAll, Environ: environ}
}

// put sets a value in nested sections.
func put(section map[string]any, path []string, value any) {
	if len(path) == 1 {
		section[path[0]] = value
		return
	}
	inner, ok := section[path[0]].(map[string]any)
	if !ok {
		inner = map[string]any{}
		section[path[0]] = inner
	}
	put(inner, path[1:], value)
}

func asFile(t *testing.T, settings map[string]string) config.LoadOptions {
	t.Helper()
	file := map[string]any{}
	for name, value := range settings {
		if _, isList := keyNamed(t, name).Default.([]string); isList {
			value = "[" + value + "]"
		}
		var parsed any = ""
		if value != "" {
			if err := yaml.Unmarshal([]byte(value), &parsed); err != nil {
				t.Fatal(err)
			}
		}
		put(file, strings.Split(name, "."), parsed)
	}
	content, err := yaml.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return config.LoadOptions{Command: config.CommandAll, Args: []string{"--config", write(t, "config.yaml", string(content))}}
}

func TestEveryKeyCanBeSetInEveryWay(t *testing.T) {
	texts := map[string]string{
		"log.level": "debug", "log.format": "text", "kubernetes.kubeconfig": write(t, "kubeconfig", ""),
		"cluster.name": "prod", "cluster.namespace": "elsewhere", "cluster.apiServerEndpoint": "10.0.0.1:6443",
		"vpsie.url": "http://127.0.0.1:1234", "vpsie.tokenFile": write(t, "other-token", ""), "vpsie.caFile": write(t, "ca", ""),
		"vpsie.vmPath": "/apps/v2/vm", "vpsie.projectID": "71128", "vpsie.imageID": "image-2",
		"extender.listen": "127.0.0.1:9999", "extender.certFile": write(t, "crt2", ""), "extender.keyFile": write(t, "key2", ""),
		"extender.clientCAFile": write(t, "ca2", ""), "controller.diagnosis.listen": "127.0.0.1:8890",
		"controller.diagnosis.certFile": write(t, "crt3", ""), "controller.diagnosis.keyFile": write(t, "key3", ""),
		"controller.diagnosis.clientCAFile": write(t, "ca3", ""),
		"webhook.host":                      "127.0.0.1", "webhook.certDir": certDir(t), "webhook.secretName": "cert", "webhook.serviceName": "svc",
		"metrics.listen": "0", "metrics.certDir": certDir(t), "health.listen": ":7777", "tracing.endpoint": "collector:4317",
		"vpsie.mode": "kubernetes", "vpsie.clusterID": "cluster-1", "vpsie.userDataVia": "script",
		"vpsie.clientID": "client", "vpsie.clientSecretFile": write(t, "client-secret", ""), "vpsie.secretName": "credentials",
		"vpsie.secretNamespace": "elsewhere",
		"webhook.podPolicy":     "deny", "webhook.schedulerName": "packer", "webhook.podRulesFile": write(t, "rules", ""),
	}
	// What a key needs beside it, or cannot stand.
	companions := map[string]map[string]string{
		"vpsie.mode":             {"vpsie.clusterID": "cluster-1"},
		"vpsie.clientID":         {"vpsie.clientSecretFile": write(t, "client-secret", ""), "vpsie.tokenFile": ""},
		"vpsie.clientSecretFile": {"vpsie.clientID": "client", "vpsie.tokenFile": ""},
		"vpsie.secretName":       {"vpsie.tokenFile": ""},
		"webhook.schedulerName":  {"controller.schedulerNames": "default-scheduler,packer"},
	}
	for _, key := range config.Keys() {
		var text string
		var want any
		switch value := key.Default.(type) {
		case bool:
			text, want = map[bool]string{true: "false", false: "true"}[value], !value
		case int:
			text, want = "17", 17
		case time.Duration:
			text, want = "3s", 3*time.Second
		case []string:
			text, want = "a, b.example", []string{"a", "b.example"}
		default:
			text, want = texts[key.Name], texts[key.Name]
		}
		for way, as := range map[string]func(*testing.T, map[string]string) config.LoadOptions{
			"flag": asArgs, "environment": asEnviron, "file": asFile,
		} {
			settings := needed(t)
			maps.Copy(settings, companions[key.Name])
			settings[key.Name] = text
			got, err := config.Load(as(t, settings))
			if err != nil {
				t.Errorf("%s by %s: %v", key.Name, way, err)
				continue
			}
			if diff := cmp.Diff(want, field(t, got, key.Name)); diff != "" || cmp.Equal(want, key.Default) {
				t.Errorf("%s by %s (-want +got):\n%s", key.Name, way, diff)
			}
		}
	}
}

func TestFlagsWinOverEnvironmentOverFileOverDefaults(t *testing.T) {
	file := write(t, "config.yaml", "controller: {batchIdle: 1s, batchMax: 10s, pendingPodAge: 11s}\n")
	got, err := config.Load(config.LoadOptions{
		Command: config.CommandExtender,
		Args:    []string{"--controller-batch-idle=3s"},
		Environ: []string{
			"VPSIE_CONFIG=" + file, "VPSIE_CONTROLLER_BATCH_IDLE=2s", "VPSIE_CONTROLLER_BATCH_MAX=20s", "HOME=/", "OTHER_VPSIE_X=1",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Controller{BatchIdle: 3 * time.Second, BatchMax: 20 * time.Second, PendingPodAge: 11 * time.Second, PollInterval: 2 * time.Second}
	c := got.Controller
	if diff := cmp.Diff(want, config.Controller{BatchIdle: c.BatchIdle, BatchMax: c.BatchMax, PendingPodAge: c.PendingPodAge, PollInterval: c.PollInterval}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheConfigFlagWinsOverItsVariable(t *testing.T) {
	first, second := write(t, "a.yaml", "log: {level: debug}"), write(t, "b.yaml", "log: {level: warn}")
	got, err := config.Load(config.LoadOptions{
		Command: config.CommandExtender, Args: []string{"--config=" + first}, Environ: []string{"VPSIE_CONFIG=" + second},
	})
	if err != nil || got.Log.Level != "debug" {
		t.Errorf("level %+v, %v", got, err)
	}
}

func TestDefaultsAreValidForTheExtenderAndTheWebhook(t *testing.T) {
	for _, command := range []config.Command{config.CommandExtender, config.CommandWebhook} {
		got, err := config.Load(config.LoadOptions{Command: command})
		if err != nil {
			t.Errorf("%s: %v", command, err)
			continue
		}
		for _, key := range config.Keys() {
			if diff := cmp.Diff(key.Default, field(t, got, key.Name)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", key.Name, diff)
			}
		}
	}
}

func TestParsedFlagsOfTheCallerAreUsed(t *testing.T) {
	flags := pflag.NewFlagSet("x", pflag.ContinueOnError)
	config.AddFlags(flags)
	if err := flags.Parse([]string{"--extender-filter", "--webhook-dns-names=a", "--webhook-dns-names=b,c"}); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(config.LoadOptions{Command: config.CommandExtender, Flags: flags, Args: []string{"--ignored"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, got.Webhook.DNSNames); diff != "" || !got.Extender.Filter {
		t.Errorf("filter %t, names (-want +got):\n%s", got.Extender.Filter, diff)
	}
	if usage := flags.FlagUsages(); !strings.Contains(usage, "(default 500ms)") || !strings.Contains(usage, "Quiet time") {
		t.Errorf("help text:\n%s", usage)
	}
}

func TestAListCanBeEmptied(t *testing.T) {
	file := write(t, "config.yaml", "webhook: {dnsNames: [a]}\n")
	got, err := config.Load(config.LoadOptions{
		Command: config.CommandExtender, Environ: []string{"VPSIE_CONFIG=" + file, "VPSIE_WEBHOOK_DNS_NAMES="},
	})
	if err != nil || len(got.Webhook.DNSNames) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestVariablesOfKubernetesServicesAreNotSettings(t *testing.T) {
	environ := []string{
		"VPSIE_WEBHOOK_SERVICE_HOST=10.96.0.7", "VPSIE_WEBHOOK_SERVICE_PORT=443", "VPSIE_WEBHOOK_SERVICE_PORT_HTTPS=443",
		"VPSIE_WEBHOOK_PORT=tcp://10.96.0.7:443", "VPSIE_WEBHOOK_PORT_443_TCP=tcp://10.96.0.7:443",
		"VPSIE_WEBHOOK_PORT_443_TCP_PROTO=tcp", "VPSIE_WEBHOOK_PORT_443_TCP_PORT=443", "VPSIE_WEBHOOK_PORT_443_TCP_ADDR=10.96.0.7",
		"VPSIE_WEBHOOK_SERVICE_NAME=hook",
	}
	got, err := config.Load(config.LoadOptions{Command: config.CommandWebhook, Environ: environ})
	if err != nil || got.Webhook.Port != 9443 || got.Webhook.ServiceName != "hook" {
		t.Errorf("%+v, %v", got, err)
	}
	environ = append(environ[:3:3], "VPSIE_WEBHOOK_PORT=9444")
	if got, err = config.Load(config.LoadOptions{Command: config.CommandWebhook, Environ: environ}); err != nil || got.Webhook.Port != 9444 {
		t.Errorf("a port set beside the Service's variables: %+v, %v", got, err)
	}
}

func TestHelpIsNoFault(t *testing.T) {
	if _, err := config.Load(config.LoadOptions{Command: config.CommandAll, Args: []string{"--help"}}); !errors.Is(err, pflag.ErrHelp) {
		t.Errorf("error %v, want pflag.ErrHelp", err)
	}
}
