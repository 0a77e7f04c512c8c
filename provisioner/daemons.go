package provisioner

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// daemons are one pod for each DaemonSet that is there to stay, as its controller would make it and the API server complete it.
func (p *Provisioner) daemons(ctx context.Context) ([]*corev1.Pod, error) {
	var list appsv1.DaemonSetList
	if err := p.client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list DaemonSets: %w", err)
	}
	pods := make([]*corev1.Pod, 0, len(list.Items))
	for i := range list.Items {
		if set := &list.Items[i]; set.DeletionTimestamp == nil {
			pods = append(pods, daemonPod(set))
		}
	}
	return pods, nil
}

func daemonPod(set *appsv1.DaemonSet) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: *set.Spec.Template.ObjectMeta.DeepCopy(), Spec: *set.Spec.Template.Spec.DeepCopy()}
	pod.Namespace, pod.Name = set.Namespace, set.Name
	pod.Spec.Tolerations = append(pod.Spec.Tolerations, daemonTolerations...)
	if pod.Spec.HostNetwork {
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, networklessToleration)
	}
	complete(pod)
	return pod
}

// daemonTolerations are those that the DaemonSet controller adds to every pod it makes.
var daemonTolerations = []corev1.Toleration{
	{Key: corev1.TaintNodeNotReady, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute},
	{Key: corev1.TaintNodeUnreachable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute},
	{Key: corev1.TaintNodeDiskPressure, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeMemoryPressure, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodePIDPressure, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeUnschedulable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
}

// networklessToleration is the one it adds to pods that need no pod network.
var networklessToleration = corev1.Toleration{
	Key: corev1.TaintNodeNetworkUnavailable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule,
}

// complete fills in what the API server does for pods and not for the templates that they are made from: requests that follow
// from limits, and the host ports of pods in the host's network.
func complete(pod *corev1.Pod) {
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			requests := &containers[i].Resources.Requests
			*requests = withDefaults(*requests, containers[i].Resources.Limits)
			for j := range containers[i].Ports {
				if port := &containers[i].Ports[j]; pod.Spec.HostNetwork && port.HostPort == 0 {
					port.HostPort = port.ContainerPort
				}
			}
		}
	}
	if whole := pod.Spec.Resources; whole != nil {
		parts := resource.AggregateContainerRequests(pod, resource.PodResourcesOptions{})
		whole.Requests = withDefaults(withDefaults(whole.Requests, onlyOf(parts, whole.Limits)), whole.Limits)
	}
}

// withDefaults are the amounts, and the defaults for what has none.
func withDefaults(amounts, defaults corev1.ResourceList) corev1.ResourceList {
	for name, amount := range defaults {
		if _, set := amounts[name]; set {
			continue
		}
		if amounts == nil {
			amounts = corev1.ResourceList{}
		}
		amounts[name] = amount
	}
	return amounts
}

// onlyOf are the amounts of the resources that the other list has too.
func onlyOf(amounts, others corev1.ResourceList) corev1.ResourceList {
	kept := corev1.ResourceList{}
	for name := range others {
		if amount, found := amounts[name]; found {
			kept[name] = amount
		}
	}
	return kept
}
