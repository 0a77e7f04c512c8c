package stack

import (
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// writeSchedulerConfig writes the scheduler configuration of the manifests with the extender's address and files in place of
// those of a control-plane node.
func writeSchedulerConfig(from, to, address string, files certificates) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var config map[string]any
	if err := yaml.Unmarshal(content, &config); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	extenders, found, err := unstructured.NestedSlice(config, "extenders")
	if err != nil || !found || len(extenders) != 1 {
		return fmt.Errorf("%s: want exactly one extender, have %d: %w", from, len(extenders), err)
	}
	extender, _ := extenders[0].(map[string]any)
	extender["urlPrefix"] = "https://" + address + "/scheduler/v1"
	extender["tlsConfig"] = map[string]any{
		"serverName": "localhost", "caFile": files.CA, "certFile": files.ClientCert, "keyFile": files.ClientKey,
	}
	config["extenders"] = []any{extender}
	content, err = yaml.Marshal(config)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}
