package snapshots

import (
	"fmt"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Options choose what the clusters are about. The zero value gives plain ones: requests, labels, taints, host ports and DaemonSets.
type Options struct {
	// Topology adds pod affinity and anti-affinity and topology spread.
	Topology bool
	// Storage adds claims, volumes, classes, attach limits and disks.
	Storage bool
	// Limits adds limits of the whole cluster, priorities of groups and what else the user may want.
	Limits bool
	// Oddities adds pods that ask for no node now: gated, of other schedulers, being deleted, with device claims.
	Oddities bool
	// Preferences adds soft constraints.
	Preferences bool
	// Pods is the most pods that wait; zero means 40, and 200 in one cluster of thirty.
	Pods int
}

// Everything switches all families on.
func Everything() Options {
	return Options{Topology: true, Storage: true, Limits: true, Oddities: true, Preferences: true}
}

// Family gives options by seed, so that a run over many seeds sees each family alone and all of them together.
func Family(seed uint64) Options {
	switch seed % 8 {
	case 0:
		return Options{}
	case 1, 2:
		return Options{Topology: true}
	case 3:
		return Options{Storage: true}
	case 4:
		return Options{Limits: true, Oddities: true}
	case 5:
		return Options{Topology: true, Limits: true, Preferences: true}
	default:
		return Everything()
	}
}

// Random draws a cluster.
func Random(seed uint64, o Options) *plan.Snapshot {
	d := &dice{Rand: rand.New(rand.NewPCG(seed, 7)), Options: o}
	s := &plan.Snapshot{Namespaces: namespaces()}
	d.snapshot = s
	d.addStorage()
	for i := range d.IntN(5) {
		s.Groups = append(s.Groups, d.group(i))
	}
	for i := range d.IntN(8) {
		s.Offerings = append(s.Offerings, d.offering(i))
	}
	for i := range d.IntN(3) {
		s.Daemons = append(s.Daemons, d.daemon(i))
	}
	for i := range d.IntN(7) {
		s.Nodes = append(s.Nodes, d.node(i))
	}
	d.addPending()
	d.addLimits()
	return s
}

// dice is the source of chance for one cluster.
type dice struct {
	*rand.Rand
	Options
	snapshot *plan.Snapshot
}

// one is true once in so many times.
func (d *dice) one(in int) bool { return d.IntN(in) == 0 }

func pick[T any](d *dice, list ...T) T { return list[d.IntN(len(list))] }

// some draws a sublist that is not empty, in the order of the list.
func some[T any](d *dice, list ...T) []T {
	var drawn []T
	for len(drawn) == 0 {
		for _, item := range list {
			if d.one(2) {
				drawn = append(drawn, item)
			}
		}
	}
	return drawn
}

// namespaces are all that exist, with labels for namespace selectors.
func namespaces() map[string]map[string]string {
	list := map[string]map[string]string{"default": {}, "shop": {"team": "red", "env": "live"}, "bank": {"team": "blue"}}
	for name := range list {
		list[name]["kubernetes.io/metadata.name"] = name
	}
	return list
}

// addPending draws workloads of a few equal pods each until the cluster has its number of waiting pods.
func (d *dice) addPending() {
	most := d.Pods
	if most == 0 {
		most = 40
		if d.one(30) {
			most = 200
		}
	}
	want := d.IntN(most + 1)
	for w := 0; len(d.snapshot.Pods) < want; w++ {
		d.addWorkload(w, min(1+d.IntN(6), want-len(d.snapshot.Pods)))
	}
}

func (d *dice) addWorkload(w, replicas int) {
	template := d.pod("template", 4000)
	if !d.one(5) {
		template.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse,
			Reason: corev1.PodReasonUnschedulable}}
	}
	if d.Oddities && d.one(6) {
		d.makeOdd(template)
	}
	mount := d.mounter(fmt.Sprintf("w%02d", w))
	for i := range replicas {
		pod := template.DeepCopy()
		rename(pod, fmt.Sprintf("w%02d-%d", w, i))
		mount(pod)
		d.snapshot.Pods = append(d.snapshot.Pods, pod)
	}
}

// makeOdd turns a waiting pod into one that gets no node now.
func (d *dice) makeOdd(pod *corev1.Pod) {
	switch d.IntN(6) {
	case 0:
		pod.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "example.com/wait"}}
		pod.Status.Conditions = nil
	case 1:
		pod.Spec.SchedulerName = "own-scheduler"
	case 2:
		pod.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "1"}
		pod.Spec.NodeName, pod.Status.Conditions = "elsewhere", nil
	case 3:
		terminate(pod)
	case 4:
		pod.Spec.NodeName, pod.Status.Conditions = "elsewhere", nil
	default:
		name := "device"
		pod.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: "gpu", ResourceClaimName: &name}}
	}
}
