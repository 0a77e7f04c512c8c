package telemetry

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Register adds the collectors of an owner to the registerer; a nil registerer stands for not measuring. It fails with every
// collector that is refused, such as one of a second owner of the same kind.
func Register(registerer prometheus.Registerer, owner string, collectors ...prometheus.Collector) error {
	if registerer == nil {
		return nil
	}
	var refused []error
	for _, collector := range collectors {
		refused = append(refused, registerer.Register(collector))
	}
	if err := errors.Join(refused...); err != nil {
		return fmt.Errorf("register the %s's metrics: %w", owner, err)
	}
	return nil
}
