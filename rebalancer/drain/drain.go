// Package drain empties a Node: it keeps new pods off, asks the API server to evict those that are there, and never goes past a
// refusal. Every eviction of the autoscaler passes through it.
package drain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/workload"
)

// Drainer empties Nodes.
type Drainer struct {
	// Client writes to the API server; its reads may come from a cache.
	Client client.Client
	// Live reads from the API server itself: a node is called empty only on its word.
	Live client.Reader
	// Evicted is told of every eviction that was granted.
	Evicted func(node *corev1.Node)
}

// Drain takes one turn: it cordons the node if need be and asks for the eviction of every workload pod. done says that the live
// cluster has no workload pod on the node any more; message says what is still waited for.
func (d *Drainer) Drain(ctx context.Context, node *corev1.Node) (done bool, message string, err error) {
	if err := d.Cordon(ctx, node); err != nil {
		return false, "", err
	}
	pods, err := d.Workloads(ctx, node.Name)
	if err != nil {
		return false, "", err
	}
	// Nobody confirms the end of a pod whose kubelet is gone: such pods go with the Node.
	pods = slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return !kubeletAnswers(node) && overdue(&pod) })
	var refusals []string
	for i := range pods {
		if pods[i].DeletionTimestamp != nil {
			continue // on its way
		}
		refusal, err := d.evict(ctx, node, &pods[i])
		if err != nil {
			return false, "", err
		}
		if refusal != "" {
			refusals = append(refusals, refusal)
		}
	}
	return len(pods) == 0, describe(len(pods), refusals), nil
}

// patience is how long after the end of its grace period a pod is waited for on a node whose kubelet does not answer.
const patience = time.Minute

// overdue reports whether a pod should have stopped long ago. The deletion timestamp of a pod is the end of its grace period.
func overdue(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp != nil && time.Since(pod.DeletionTimestamp.Time) >= patience
}

func kubeletAnswers(node *corev1.Node) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(condition corev1.NodeCondition) bool {
		return condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue
	})
}

// Cordon keeps new pods off a node.
func (d *Drainer) Cordon(ctx context.Context, node *corev1.Node) error {
	if node.Spec.Unschedulable {
		return nil
	}
	before := node.DeepCopy()
	node.Spec.Unschedulable = true
	if err := d.Client.Patch(ctx, node, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("cordon Node %s: %w", node.Name, err)
	}
	return nil
}

// Workloads lists the pods that have to leave a node, from the live cluster.
func (d *Drainer) Workloads(ctx context.Context, nodeName string) ([]corev1.Pod, error) {
	var list corev1.PodList
	if err := d.Live.List(ctx, &list, client.MatchingFields{"spec.nodeName": nodeName}); err != nil {
		return nil, fmt.Errorf("list pods of Node %s: %w", nodeName, err)
	}
	var workloads []corev1.Pod
	for _, pod := range list.Items {
		if workload.MustMove(&pod) {
			workloads = append(workloads, pod)
		}
	}
	return workloads, nil
}

// evict asks for one eviction. A refusal that may end by itself is returned as text, anything else as an error.
func (d *Drainer) evict(ctx context.Context, node *corev1.Node, pod *corev1.Pod) (refusal string, err error) {
	eviction := &policyv1.Eviction{
		ObjectMeta:    metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name},
		DeleteOptions: &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &pod.UID}},
	}
	err = d.Client.SubResource("eviction").Create(ctx, pod, eviction)
	name := pod.Namespace + "/" + pod.Name
	var status apierrors.APIStatus
	switch {
	case err == nil:
		d.Evicted(node)
		return "", nil
	case apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return "", nil // gone, or another pod of the same name: the next turn sees
	case errors.As(err, &status):
		// 429 is a PodDisruptionBudget that allows no disruption now, 403 and 500 a budget or a webhook that objects: none may
		// be gone past, and each may end when somebody changes it.
		return name + ": " + status.Status().Message, nil
	}
	return "", fmt.Errorf("evict pod %s: %w", name, err)
}

// maxNamed bounds how many refusals a message repeats.
const maxNamed = 3

func describe(left int, refusals []string) string {
	message := fmt.Sprintf("%d workload pods are left", left)
	if len(refusals) == 0 {
		return message
	}
	named := refusals[:min(len(refusals), maxNamed)]
	message += fmt.Sprintf(", %d may not be evicted now: %s", len(refusals), strings.Join(named, "; "))
	if more := len(refusals) - len(named); more > 0 {
		message += fmt.Sprintf("; and %d more", more)
	}
	return message
}
