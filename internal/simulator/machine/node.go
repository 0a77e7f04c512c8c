package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// arch is the architecture of every machine.
const arch = "amd64"

// Annotations that tell kwok to play the pods of a Node and to leave its status and Lease to us.
const (
	annotationFake       = "kwok.x-k8s.io/node"
	annotationOwnKubelet = "vpsie-sim/kubelet"
)

// registration is a Node that is in the cluster.
type registration struct {
	nodeSpec
	uid types.UID
	at  time.Time
}

// register creates the Node, not yet Ready. A Node of that name which is already there is taken over, as a kubelet does.
func (c *connection) register(ctx context.Context, spec nodeSpec) (registration, error) {
	now := time.Now()
	wanted, err := spec.node(now)
	if err != nil {
		return registration{}, permanentError{err}
	}
	created, err := c.core.Nodes().Create(ctx, wanted, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		if err = c.patchStatus(ctx, spec.name, wanted.Status); err == nil {
			created, err = c.core.Nodes().Get(ctx, spec.name, metav1.GetOptions{})
		}
	}
	if err != nil {
		err = fmt.Errorf("register Node %s: %w", spec.name, err)
		if apierrors.IsForbidden(err) || apierrors.IsInvalid(err) {
			return registration{}, permanentError{err}
		}
		return registration{}, err
	}
	return registration{nodeSpec: spec, uid: created.UID, at: now}, nil
}

func (s nodeSpec) node(now time.Time) (*corev1.Node, error) {
	labels := map[string]string{
		corev1.LabelHostname:   s.name,
		corev1.LabelOSStable:   "linux",
		corev1.LabelArchStable: arch,
	}
	maps.Copy(labels, s.args.labels)
	total := capacity(s.host.Plan, s.args.maxPods)
	allocatable, err := s.args.allocatable(total)
	if err != nil {
		return nil, err
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: s.name, Labels: labels, Annotations: map[string]string{annotationFake: "fake", annotationOwnKubelet: "true"}},
		Spec:       corev1.NodeSpec{Taints: s.join.Taints, ProviderID: s.args.providerID},
		Status: corev1.NodeStatus{
			Capacity:        total,
			Allocatable:     allocatable,
			Conditions:      conditions(now, now, time.Time{}),
			Addresses:       s.addresses(),
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: 10250}},
			NodeInfo:        s.info(),
		},
	}, nil
}

func (s nodeSpec) addresses() []corev1.NodeAddress {
	addresses := []corev1.NodeAddress{
		{Type: corev1.NodeInternalIP, Address: s.host.InternalIP},
		{Type: corev1.NodeHostName, Address: s.name},
	}
	if s.host.ExternalIP != "" {
		addresses = append(addresses, corev1.NodeAddress{Type: corev1.NodeExternalIP, Address: s.host.ExternalIP})
	}
	return addresses
}

func (s nodeSpec) info() corev1.NodeSystemInfo {
	identity := uuid.NewSHA1(uuid.NameSpaceDNS, []byte(s.name)).String()
	return corev1.NodeSystemInfo{
		MachineID:               identity,
		SystemUUID:              identity,
		BootID:                  identity,
		KernelVersion:           "6.8.0-simulated",
		OSImage:                 "Ubuntu 24.04 LTS",
		ContainerRuntimeVersion: "containerd://2.1.4",
		KubeletVersion:          Version,
		OperatingSystem:         "linux",
		Architecture:            arch,
	}
}

// conditions are the conditions of a healthy Node, registered at a time and Ready since another, which is zero until then.
func conditions(now, registered, ready time.Time) []corev1.NodeCondition {
	condition := func(kind corev1.NodeConditionType, status corev1.ConditionStatus, reason, message string) corev1.NodeCondition {
		return corev1.NodeCondition{
			Type: kind, Status: status, Reason: reason, Message: message,
			LastHeartbeatTime: metav1.NewTime(now), LastTransitionTime: metav1.NewTime(registered),
		}
	}
	all := []corev1.NodeCondition{
		condition(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
		condition(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
		condition(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
	}
	if ready.IsZero() {
		return append(all, condition(corev1.NodeReady, corev1.ConditionFalse, "KubeletNotReady", "container runtime network not ready"))
	}
	isReady := condition(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status")
	isReady.LastTransitionTime = metav1.NewTime(ready)
	return append(all, isReady)
}

// patchStatus writes fields of a Node's status and leaves the others alone. A corev1.NodeStatus does for a whole status only: it
// encodes some of its empty fields, which would wipe what the Node has there.
func (c *connection) patchStatus(ctx context.Context, name string, fields any) error {
	patch, err := json.Marshal(map[string]any{"status": fields})
	if err != nil {
		return permanentError{fmt.Errorf("encode the status of Node %s: %w", name, err)}
	}
	if _, err := c.core.Nodes().PatchStatus(ctx, name, patch); err != nil {
		return fmt.Errorf("patch the status of Node %s: %w", name, err)
	}
	return nil
}
