package cluster

import (
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

// defaultSchedulerConfiguration is kube-scheduler as it comes, but for the speed at which it may bind.
const defaultSchedulerConfiguration = `
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: {qps: 300, burst: 500}
`

// schedulerConfiguration returns the caller's KubeSchedulerConfiguration, or the default one when path is empty, as it
// must be to run here: connected to this API server, and without leader election, since there is one scheduler only
// and the namespace of its Lease may not exist.
func schedulerConfiguration(path, kubeconfig string) ([]byte, error) {
	content := []byte(defaultSchedulerConfiguration)
	if path != "" {
		var err error
		if content, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("read the scheduler configuration: %w", err)
		}
	}
	var config map[string]any
	if err := yaml.Unmarshal(content, &config); err != nil {
		return nil, fmt.Errorf("parse the scheduler configuration %s: %w", path, err)
	}
	if kind := config["kind"]; kind != "KubeSchedulerConfiguration" {
		return nil, fmt.Errorf("scheduler configuration %s has kind %v; give a file of kind KubeSchedulerConfiguration", path, kind)
	}
	set(config, "clientConnection", "kubeconfig", kubeconfig)
	set(config, "leaderElection", "leaderElect", false)
	return yaml.Marshal(config)
}

// set assigns config.section.field and keeps the section's other fields.
func set(config map[string]any, section, field string, value any) {
	fields, ok := config[section].(map[string]any)
	if !ok {
		fields = map[string]any{}
		config[section] = fields
	}
	fields[field] = value
}
