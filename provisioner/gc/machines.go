package gc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc/orphans"
)

// removeMachine deletes an orphaned machine once its workload has left and a last look has confirmed what it is. The node is the
// one it became, or nil.
func (s *Sweeper) removeMachine(ctx context.Context, machine cloud.Machine, node *corev1.Node) error {
	if confirmed, err := s.confirm(ctx, machine); err != nil || !confirmed {
		return err
	}
	if node != nil && runsOn(node, machine) {
		done, message, err := s.Drainer.Drain(ctx, node)
		if err != nil {
			return fmt.Errorf("drain Node %s of an orphaned machine: %w", node.Name, err)
		}
		if !done {
			s.hold(machine, message)
			return nil
		}
		// The drain took its time.
		if owned, err := s.owned(ctx, machine.Hostname); err != nil || owned {
			return err
		}
	}
	if err := s.Provider.Delete(ctx, machine); err != nil {
		return fmt.Errorf("delete orphaned machine %s (%s): %w", machine.Hostname, machine.ID, err)
	}
	s.progress[strings.ToLower(machine.Hostname)] = deletionAsked
	return nil
}

// hold says what the removal of a machine waits for, once.
func (s *Sweeper) hold(machine cloud.Machine, message string) {
	hostname := strings.ToLower(machine.Hostname)
	if s.progress[hostname] != message {
		s.Log.Info("an orphaned machine stays until its workload has left", "name", hostname, "id", machine.ID, "waiting", message)
	}
	s.progress[hostname] = message
}

// confirm looks at the machine itself, not at a row of a list: is it still there, under that name, and not tagged as another's? Then
// it asks for its VPSieNode once more: one that was made or restored in the meantime keeps its machine.
func (s *Sweeper) confirm(ctx context.Context, machine cloud.Machine) (bool, error) {
	found, err := s.Provider.Machine(ctx, machine.ID)
	switch {
	case errors.Is(err, cloud.ErrNotFound):
		return false, nil // gone; should the list still have it, the next sweep asks again
	case err != nil:
		return false, fmt.Errorf("confirm orphaned machine %s (%s): %w", machine.Hostname, machine.ID, err)
	case !strings.EqualFold(found.Hostname, machine.Hostname) || orphans.ForeignTo(s.options.Names, &found):
		s.Log.Info("a machine without VPSieNode is not this cluster's after all, leaving it alone",
			"name", machine.Hostname, "id", machine.ID, "nowCalled", found.Hostname)
		return false, nil
	}
	owned, err := s.owned(ctx, machine.Hostname)
	return !owned, err
}

// runsOn reports whether a Node is that of a machine, not of another with its name.
func runsOn(node *corev1.Node, machine cloud.Machine) bool {
	return node.Spec.ProviderID == "" || strings.HasSuffix(node.Spec.ProviderID, machine.ID)
}
