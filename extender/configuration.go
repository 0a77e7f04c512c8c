package extender

import (
	"cmp"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	configv1 "k8s.io/kube-scheduler/config/v1"
	"sigs.k8s.io/yaml"
)

// Configuration is what kube-scheduler is configured by.
type Configuration = configv1.KubeSchedulerConfiguration

// ReadConfiguration reads the configuration of a scheduler: a file of kind KubeSchedulerConfiguration, or what a running
// scheduler answers under /configz. A field that does not exist is an error, as it is for the scheduler.
func ReadConfiguration(content []byte) (*Configuration, error) {
	var running struct {
		Config json.RawMessage `json:"componentconfig"`
	}
	if json.Unmarshal(content, &running) == nil && running.Config != nil {
		content = running.Config
	}
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal(content, &kind); err != nil {
		return nil, fmt.Errorf("not a scheduler configuration: %w", err)
	}
	if kind.Kind != "KubeSchedulerConfiguration" || kind.APIVersion != configv1.SchemeGroupVersion.String() {
		return nil, fmt.Errorf("it is a %s of %s, want a KubeSchedulerConfiguration of %s", cmp.Or(kind.Kind, "nothing"), cmp.Or(kind.APIVersion, "nothing"), configv1.SchemeGroupVersion)
	}
	var config Configuration
	if err := yaml.UnmarshalStrict(content, &config); err != nil {
		return nil, fmt.Errorf("scheduler configuration: %w", err)
	}
	return &config, nil
}
