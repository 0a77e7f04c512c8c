package verify

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

func groupOf(s *plan.Snapshot, key string) *plan.Group {
	for i := range s.Groups {
		if s.Groups[i].Key == key {
			return &s.Groups[i]
		}
	}
	return nil
}

// offeringOf gives the offering when it is one of the snapshot's own and not a copy.
func offeringOf(s *plan.Snapshot, o *plan.Offering) *plan.Offering {
	for i := range s.Offerings {
		if &s.Offerings[i] == o {
			return o
		}
	}
	return nil
}

// sells tells whether the group may have the offering at all.
func sells(g *plan.Group, o *plan.Offering) bool {
	return g.DatacenterID == o.DatacenterID && (len(g.OfferingIDs) == 0 || slices.Contains(g.OfferingIDs, o.ID))
}

// newMachine is the node that buying gives. The group's labels win over the offering's. Its name, which is its host name too, is one
// that no pod can ask for: names have no spaces.
func newMachine(g *plan.Group, o *plan.Offering, number int) *host {
	name := fmt.Sprintf("new node %d", number)
	labels := map[string]string{corev1.LabelHostname: name}
	maps.Copy(labels, o.Labels)
	maps.Copy(labels, g.Labels)
	h := newHost(name, labels, g.Taints, o.Allocatable)
	h.attach, h.group, h.offering = g.AttachLimits, g, o
	return h
}

// addDaemons puts a pod of each DaemonSet on the host that will land there and is not there yet.
func (w *world) addDaemons(h *host) {
	for _, template := range w.s.Daemons {
		if landsOn(template, h) && !runsOn(template, h) {
			w.add(newPod(template), h)
		}
	}
}

// landsOn is the DaemonSet controller's question: it looks at node affinity and taints and at nothing else.
func landsOn(template *corev1.Pod, h *host) bool {
	matches, err := nodeaffinity.GetRequiredNodeAffinity(template).Match(h.node)
	return err == nil && matches && untolerated(template, h) == nil
}

func runsOn(template *corev1.Pod, h *host) bool {
	owner := metav1.GetControllerOf(template)
	return owner != nil && slices.ContainsFunc(h.pods, func(p *pod) bool {
		of := metav1.GetControllerOf(p.Pod)
		return of != nil && of.UID == owner.UID
	})
}
