package gc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc/orphans"
)

// act removes what the verdicts let go. One failure does not keep the others from being tried, unless it says that the cloud wants
// no more calls for now.
func (s *Sweeper) act(ctx context.Context, snapshot *orphans.Snapshot, verdicts []orphans.Verdict) error {
	machines := map[orphans.Subject]cloud.Machine{}
	for _, machine := range snapshot.Machines {
		machines[orphans.Subject{Kind: orphans.KindMachine, Name: strings.ToLower(machine.Hostname), ID: machine.ID}] = machine
	}
	nodes := map[string]*corev1.Node{}
	for i := range snapshot.Nodes {
		nodes[snapshot.Nodes[i].Name] = &snapshot.Nodes[i]
	}
	var failures []error
	for _, verdict := range verdicts {
		if verdict.Action != orphans.Delete {
			continue
		}
		var err error
		switch machine := machines[verdict.Subject]; verdict.Subject.Kind {
		case orphans.KindMachine:
			err = s.removeMachine(ctx, machine, nodes[orphans.NodeName(&machine)])
		case orphans.KindNode:
			err = s.removeNode(ctx, nodes[verdict.Subject.Name])
		}
		if err != nil {
			failures = append(failures, err)
		}
		if ctx.Err() != nil || err != nil && cloud.Advise(err).Action == cloud.ActionWait {
			break
		}
	}
	return errors.Join(failures...)
}

// owned asks the API server itself whether a VPSieNode of this name exists in any namespace.
func (s *Sweeper) owned(ctx context.Context, name string) (bool, error) {
	var list v1alpha1.VPSieNodeList
	if err := s.Live.List(ctx, &list, client.MatchingFields{"metadata.name": name}); err != nil {
		return false, fmt.Errorf("look for VPSieNode %s: %w", name, err)
	}
	return len(list.Items) > 0, nil
}
