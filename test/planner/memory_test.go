package planner

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/snapshots"
)

// A planner that remembers must plan like one that does not, whatever has changed since.
func TestMemoryDoesNotChangePlans(t *testing.T) {
	var planner plan.Planner
	for seed := range uint64(400) {
		s := snapshots.Random(seed, snapshots.Family(seed))
		store(s, seed)
		for step := range 3 {
			if diff := cmp.Diff(render(plan.Make(s)), render(planner.Make(s))); diff != "" {
				t.Fatalf("seed %d, step %d: without memory and with it (-without +with):\n%s\n%s", seed, step, diff, snapshots.Describe(s))
			}
			s = change(s, seed, step)
		}
	}
}

// store gives the running pods versions, as the API server does.
func store(s *plan.Snapshot, seed uint64) {
	for i := range s.Nodes {
		for _, pod := range s.Nodes[i].Pods {
			pod.ResourceVersion = fmt.Sprint(seed, "-0")
		}
	}
}

// change makes a later snapshot: copies of all objects, pods that have gone or come, and pods that are another now.
func change(s *plan.Snapshot, seed uint64, step int) *plan.Snapshot {
	later := snapshots.Clone(s)
	for i := range later.Nodes {
		n := &later.Nodes[i]
		switch (i + step + int(seed%4)) % 4 {
		case 0:
			if len(n.Pods) > 0 {
				n.Pods = n.Pods[1:]
			}
		case 1:
			for _, pod := range n.Pods {
				pod.ResourceVersion = fmt.Sprint(seed, "-", step+1)
				pod.Labels = map[string]string{"app": "x"}
				pod.Spec.Overhead = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")}
			}
		case 2:
			n.Unschedulable = !n.Unschedulable
		}
	}
	return later
}
