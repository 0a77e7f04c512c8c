package lifecycle

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/opening"
)

// draft is what a machine is asked for with, its token apart.
type draft struct {
	tags map[string]string
	// machine is what goes into the user data; unused where machines join by themselves.
	machine bootstrap.Machine
}

// groupOf is the NodeGroup of a VPSieNode; nil when there is none.
func (r *Reconciler) groupOf(ctx context.Context, object *v1alpha1.VPSieNode) (*v1alpha1.NodeGroup, error) {
	var group v1alpha1.NodeGroup
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: object.Namespace, Name: object.Spec.NodeGroupName}, &group)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return &group, err
}

// prepare finds out what the machine is to be asked for with. It stops when the NodeGroup does not allow to ask for it: nothing is
// on record as asked for then, and a change of the group is enough to go on.
func (r *Reconciler) prepare(ctx context.Context, l *life) (draft, outcome, error) {
	refuse := func(reason, message string) (draft, outcome, error) {
		l.set(v1alpha1.ConditionLaunched, metav1.ConditionFalse, reason, message)
		return draft{}, waitFor(r.options.RetryInterval), nil
	}
	name := l.object.Namespace + "/" + l.object.Spec.NodeGroupName
	group, err := r.groupOf(ctx, l.object)
	switch {
	case err != nil:
		return draft{}, outcome{}, fmt.Errorf("read NodeGroup %s: %w", name, err)
	case group == nil:
		return refuse(v1alpha1.ReasonGroupDeleted, fmt.Sprintf("spec.nodeGroupName: there is no NodeGroup %s: delete this VPSieNode", name))
	case group.DeletionTimestamp != nil:
		return refuse(v1alpha1.ReasonGroupDeleted, fmt.Sprintf("NodeGroup %s is being deleted", name))
	}
	made := draft{tags: r.tags(group, l.object)}
	if !r.can(cloud.CapabilityUserData) {
		return made, outcome{}, nil
	}
	made.machine, err = r.machine(ctx, group, l.object)
	var invalid *bootstrap.InvalidError
	if errors.As(err, &invalid) {
		return refuse(v1alpha1.ReasonInvalidBootstrap, fmt.Sprintf("NodeGroup %s: %v", name, invalid))
	}
	if err != nil {
		l.object.Status.Message = err.Error()
	}
	return made, outcome{}, err
}

// placeholderToken stands for the token while user data is rendered only to see whether it can be.
const placeholderToken = "abcdef.0123456789abcdef"

// machine describes the machine to itself, and makes sure that its user data can be rendered.
func (r *Reconciler) machine(ctx context.Context, group *v1alpha1.NodeGroup, object *v1alpha1.VPSieNode) (bootstrap.Machine, error) {
	inputs, err := r.Sources.Resolve(ctx, group)
	if err != nil {
		return bootstrap.Machine{}, err
	}
	cluster, err := r.Cluster(ctx)
	if err != nil {
		return bootstrap.Machine{}, fmt.Errorf("find out what the machine is to join: %w", err)
	}
	machine := bootstrap.Machine{
		Hostname:   object.Name,
		Cluster:    cluster,
		Token:      placeholderToken,
		Labels:     map[string]string{v1alpha1.LabelVPSieNode: object.Name},
		Taints:     append([]corev1.Taint{opening.Taint}, object.Spec.Taints...),
		Capacity:   object.Spec.Capacity,
		NodeGroup:  object.Spec.NodeGroupName,
		Datacenter: object.Spec.DatacenterID,
		Offering:   object.Spec.OfferingID,
		Inputs:     inputs,
	}
	_, err = bootstrap.UserData(machine)
	return machine, err
}

// createRequest completes a draft, with a fresh token in its user data.
func (r *Reconciler) createRequest(ctx context.Context, object *v1alpha1.VPSieNode, made draft) (cloud.CreateRequest, error) {
	request := cloud.CreateRequest{
		Hostname:     object.Name,
		OfferingID:   object.Spec.OfferingID,
		DatacenterID: object.Spec.DatacenterID,
		ImageID:      object.Spec.OSImageID,
		Attributes:   cloud.Attributes{Tags: made.tags, SSHKeyIDs: object.Spec.SSHKeyIDs},
	}
	if !r.can(cloud.CapabilityUserData) {
		return request, nil
	}
	var err error
	if made.machine.Token, err = r.Tokens.Issue(ctx, object.Name); err != nil {
		return cloud.CreateRequest{}, err
	}
	request.UserData, err = bootstrap.UserData(made.machine)
	return request, err
}

// can reports whether the provider has a capability.
func (r *Reconciler) can(capability cloud.Capability) bool {
	return r.Provider.Capabilities().Has(capability)
}
