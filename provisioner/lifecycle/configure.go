package lifecycle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// configure owns the condition Configured: the machine carries its tags and SSH keys. They are for people, so it is the last step,
// and a failure takes nothing from a node that runs.
func (r *Reconciler) configure(ctx context.Context, l *life) (outcome, error) {
	if l.missing || !r.can(cloud.CapabilityTags) && !r.can(cloud.CapabilitySSHKeys) {
		return outcome{}, nil
	}
	group, err := r.groupOf(ctx, l.object)
	if err != nil || group == nil {
		return outcome{}, err
	}
	wanted := r.tags(group, l.object)
	if !r.can(cloud.CapabilityTags) {
		wanted = nil
	}
	if l.isTrue(v1alpha1.ConditionConfigured) && sameTags(wanted, l.object.Status.Tags) && !drifted(l.machine, wanted) {
		return outcome{}, nil
	}
	if left := r.attempts.left(l.object.Name, l.began); left > 0 {
		return outcome{again: left}, nil
	}
	// The call may take long, and what was seen of the node is worth knowing before.
	if err := r.save(ctx, l); err != nil {
		return outcome{}, err
	}
	machine := cloud.Machine{ID: l.object.Status.MachineID, Hostname: l.object.Name, DatacenterID: l.object.Spec.DatacenterID}
	if l.machine != nil {
		machine = *l.machine
	}
	// Of the tags that the machine has, those last put there are ours to take off again; the others are not.
	machine.Tags = texts(l.object.Status.Tags)
	err = r.Provider.Configure(ctx, machine, cloud.Attributes{Tags: wanted, SSHKeyIDs: l.object.Spec.SSHKeyIDs})
	switch {
	case errors.Is(err, cloud.ErrNotFound):
		return outcome{}, nil // the machine has gone, which the step that watches it tells
	case err != nil:
		l.note(v1alpha1.ConditionConfigured, metav1.ConditionFalse, v1alpha1.ReasonConfigureFailed, fmt.Sprintf("put tags and SSH keys on machine %s: %v", machine.ID, err))
		return outcome{again: r.attempts.failed(l.object.Name, l.began, max(cloud.Advise(err).After, r.options.RetryInterval))}, nil
	}
	r.attempts.forget(l.object.Name)
	l.object.Status.Tags = make(map[string]v1alpha1.TagValue, len(wanted))
	for key, value := range wanted {
		l.object.Status.Tags[key] = v1alpha1.TagValue(value)
	}
	l.note(v1alpha1.ConditionConfigured, metav1.ConditionTrue, v1alpha1.ReasonConfigured, "the machine carries its tags and SSH keys")
	return outcome{}, nil
}

// tags are those that a machine should carry: its own win over its group's, and the autoscaler's over both. The version stays that
// of the autoscaler which ordered the machine, or every machine would be written at every upgrade.
func (r *Reconciler) tags(group *v1alpha1.NodeGroup, object *v1alpha1.VPSieNode) map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, texts(group.Spec.Tags))
	maps.Copy(tags, texts(object.Spec.Tags))
	maps.Copy(tags, map[string]string{
		v1alpha1.TagManaged:   "true",
		v1alpha1.TagNodeGroup: object.Spec.NodeGroupName,
		v1alpha1.TagCluster:   r.options.ClusterID,
		v1alpha1.TagVersion:   cmp.Or(string(object.Status.Tags[v1alpha1.TagVersion]), r.options.Version),
	})
	return tags
}

func sameTags(wanted map[string]string, recorded map[string]v1alpha1.TagValue) bool {
	return maps.EqualFunc(wanted, recorded, func(a string, b v1alpha1.TagValue) bool { return a == string(b) })
}

func texts(tags map[string]v1alpha1.TagValue) map[string]string {
	plain := make(map[string]string, len(tags))
	for key, value := range tags {
		plain[key] = string(value)
	}
	return plain
}

// drifted reports whether the cloud says that a machine lacks a tag, or carries one of the autoscaler's keys that it should not. Tags
// that people put on it are theirs. A cloud that does not say is believed to have kept them.
func drifted(machine *cloud.Machine, wanted map[string]string) bool {
	if machine == nil || machine.Tags == nil || wanted == nil {
		return false
	}
	for key, value := range wanted {
		if machine.Tags[key] != value {
			return true
		}
	}
	for key := range machine.Tags {
		if _, ours := wanted[key]; !ours && strings.HasPrefix(key, v1alpha1.KeyPrefix) {
			return true
		}
	}
	return false
}
