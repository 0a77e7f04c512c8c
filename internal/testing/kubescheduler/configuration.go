package kubescheduler

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// configurationKey is the file in the ConfigMap of a scheduler that runs in the cluster.
const configurationKey = "kubeschedulerconfiguration.yaml"

// Manifest is a scheduler that runs in the cluster, as its manifest describes it.
type Manifest struct {
	// Configuration is the KubeSchedulerConfiguration in its ConfigMap.
	Configuration Configuration
	// Deployment runs it.
	Deployment *unstructured.Unstructured
	// Others are all objects but the Deployment, in the order of the file.
	Others []*unstructured.Unstructured
}

// ReadManifest reads a file that has one Deployment and one ConfigMap with a scheduler's configuration.
func ReadManifest(path string) (*Manifest, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	manifest := &Manifest{}
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if err := manifest.add(object); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if manifest.Deployment == nil || manifest.Configuration == nil {
		return nil, fmt.Errorf("%s: want a Deployment, and a ConfigMap with the key %s", path, configurationKey)
	}
	return manifest, nil
}

func (m *Manifest) add(object *unstructured.Unstructured) error {
	if object.GetKind() == "Deployment" {
		m.Deployment = object
		return nil
	}
	m.Others = append(m.Others, object)
	if object.GetKind() != "ConfigMap" {
		return nil
	}
	text, _, err := unstructured.NestedString(object.Object, "data", configurationKey)
	if err != nil {
		return err
	}
	return yaml.Unmarshal([]byte(text), &m.Configuration)
}

// Configuration is a KubeSchedulerConfiguration that a test bends to its needs. It must have been read from a file.
type Configuration map[string]any

// ReadConfiguration reads a file that is one configuration.
func ReadConfiguration(path string) (Configuration, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var c Configuration
	if err := yaml.Unmarshal(content, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// WriteTo writes the configuration into a file.
func (c Configuration) WriteTo(path string) error {
	content, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// Set changes a field of a section, such as leaderElection.
func (c Configuration) Set(section, field string, value any) {
	fields, ok := c[section].(map[string]any)
	if !ok {
		fields = map[string]any{}
		c[section] = fields
	}
	fields[field] = value
}

// Extender is the first extender; what is changed in it is changed in the configuration.
func (c Configuration) Extender() map[string]any {
	extenders, _ := c["extenders"].([]any)
	if len(extenders) == 0 {
		return nil
	}
	first, _ := extenders[0].(map[string]any)
	return first
}

// Serve makes the scheduler serve the pods that name it, and no others, without an election.
func (c Configuration) Serve(name string) {
	c.Set("leaderElection", "leaderElect", false)
	c["profiles"] = []any{map[string]any{"schedulerName": name}}
}

// Write writes the configuration into a folder, with the kubeconfig that the scheduler is to act by, and returns the flags that make
// a scheduler run with it.
func (c Configuration) Write(dir, kubeconfig string) (flags []string, err error) {
	c.Set("clientConnection", "kubeconfig", kubeconfig)
	file := filepath.Join(dir, configurationKey)
	if err := c.WriteTo(file); err != nil {
		return nil, err
	}
	return []string{"--config=" + file, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig}, nil
}
