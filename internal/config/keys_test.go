package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

// leaves lists the fields of a struct by key, in order.
func leaves(value reflect.Value, prefix string, visit func(key string, field reflect.Value)) {
	for i := range value.NumField() {
		key := prefix + value.Type().Field(i).Tag.Get("koanf")
		if field := value.Field(i); field.Kind() == reflect.Struct {
			leaves(field, key+".", visit)
		} else {
			visit(key, field)
		}
	}
}

// field is the value of one key in a configuration.
func field(t *testing.T, c *config.Config, key string) any {
	t.Helper()
	var found any
	leaves(reflect.ValueOf(*c), "", func(name string, value reflect.Value) {
		if name == key {
			found = value.Interface()
		}
	})
	if found == nil {
		t.Fatalf("Config has no field for %s", key)
	}
	return found
}

func TestTableAndStructAgree(t *testing.T) {
	inStruct, inTable := map[string]string{}, map[string]string{}
	leaves(reflect.ValueOf(config.Config{}), "", func(key string, value reflect.Value) {
		inStruct[key] = value.Type().String()
	})
	for _, key := range config.Keys() {
		inTable[key.Name] = reflect.TypeOf(key.Default).String()
	}
	if diff := cmp.Diff(inStruct, inTable); diff != "" {
		t.Errorf("types by key (-Config +Keys):\n%s", diff)
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	flags, variables := map[string]bool{}, map[string]bool{}
	for _, key := range config.Keys() {
		if !strings.HasSuffix(key.Doc, ".") || strings.ContainsAny(key.Doc, "|`\n") {
			t.Errorf("%s: meaning %q, want a sentence without | and `", key.Name, key.Doc)
		}
		if _, isInt := key.Default.(int); isInt && key.Unit == "" && key.Name != "webhook.port" {
			t.Errorf("%s: a number without a unit", key.Name)
		}
		if flags[key.Flag()] || variables[key.Env()] {
			t.Errorf("%s: flag or variable belongs to two keys", key.Name)
		}
		flags[key.Flag()], variables[key.Env()] = true, true
	}
}

func TestNamesFollowFromTheKey(t *testing.T) {
	tests := map[string][2]string{
		"controller.batchIdle":      {"controller-batch-idle", "VPSIE_CONTROLLER_BATCH_IDLE"},
		"controller.soldOutTTL":     {"controller-sold-out-ttl", "VPSIE_CONTROLLER_SOLD_OUT_TTL"},
		"cluster.apiServerEndpoint": {"cluster-api-server-endpoint", "VPSIE_CLUSTER_API_SERVER_ENDPOINT"},
		"extender.clientCAFile":     {"extender-client-ca-file", "VPSIE_EXTENDER_CLIENT_CA_FILE"},
		"vpsie.projectID":           {"vpsie-project-id", "VPSIE_VPSIE_PROJECT_ID"},
		"kubernetes.qps":            {"kubernetes-qps", "VPSIE_KUBERNETES_QPS"},
	}
	for name, want := range tests {
		key := config.Key{Name: name}
		if got := [2]string{key.Flag(), key.Env()}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestMarkdownListsEveryKey(t *testing.T) {
	var document strings.Builder
	if err := config.WriteMarkdown(&document); err != nil {
		t.Fatal(err)
	}
	for _, key := range config.Keys() {
		row := "| `" + key.Name + "` | `--" + key.Flag() + "` | `" + key.Env() + "` |"
		if !strings.Contains(document.String(), row) || !strings.Contains(document.String(), key.Doc) {
			t.Errorf("%s is missing", key.Name)
		}
	}
	if !strings.Contains(document.String(), "| duration | `15m` |") {
		t.Error("durations are not written the short way")
	}
}
