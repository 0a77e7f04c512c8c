package stack

import (
	"fmt"
	"maps"
	"path/filepath"

	"github.com/vpsie/vpsie-autoscaler/extender"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/kubescheduler"
)

// SchedulerConfig is the file of the configuration that the scheduler runs with.
func (s *Stack) SchedulerConfig() string { return filepath.Join(s.options.Dir, "scheduler.yaml") }

// writeSchedulerConfig writes the scheduler configuration of the manifests with the extender's address and files in place of
// those of a control-plane node.
func (s *Stack) writeSchedulerConfig() error {
	from := s.manifest("scheduler", "kubeschedulerconfiguration.yaml")
	config, err := kubescheduler.ReadConfiguration(from)
	if err != nil {
		return err
	}
	called := config.Extender()
	if called == nil {
		return fmt.Errorf("%s: has no extender", from)
	}
	called["urlPrefix"] = "https://" + s.extender + extender.PathPrefix
	called["tlsConfig"] = s.certificates.ClientSettings()
	maps.Copy(config, s.options.Scheduler)
	return config.WriteTo(s.SchedulerConfig())
}
