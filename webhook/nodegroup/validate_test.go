package nodegroup_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
)

// sound is a group without faults and doubts, changed as given.
func sound(changes ...func(*v1alpha1.NodeGroup)) *v1alpha1.NodeGroup {
	group := &v1alpha1.NodeGroup{
		ObjectMeta: metav1.ObjectMeta{Namespace: "vpsie-system", Name: "general"},
		Spec: v1alpha1.NodeGroupSpec{
			MinNodes: 1, MaxNodes: 5, DatacenterID: "fra1",
			OfferingIDs: []string{"small", "large"},
			Labels:      map[string]string{"tier": "gold", "example.com/team": "", "node-role.kubernetes.io/worker": ""},
			Taints:      []corev1.Taint{{Key: "dedicated", Value: "gold", Effect: "NoSchedule"}},
		},
	}
	for _, change := range changes {
		change(group)
	}
	return group
}

func label(key, value string) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Spec.Labels[key] = value }
}

func taint(key, value string, effect corev1.TaintEffect) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) {
		g.Spec.Taints = append(g.Spec.Taints, corev1.Taint{Key: key, Value: value, Effect: effect})
	}
}

func offering(id string) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Spec.OfferingIDs = append(g.Spec.OfferingIDs, id) }
}

func preferred(id string) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Spec.PreferredOfferingID = id }
}

func size(minimum, maximum int32) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Spec.MinNodes, g.Spec.MaxNodes = minimum, maximum }
}

func named(name string) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Name = name }
}

func scaleDown(enabled bool) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Spec.ScaleDownPolicy.Enabled = &enabled }
}

const (
	owned      = "keys that start with autoscaler.vpsie.com/ belong to the autoscaler: choose another key"
	kubernetes = "keys under kubernetes.io and k8s.io belong to Kubernetes, except node-role.kubernetes.io, "
	machine    = "the label tells what the machine is and is set from the facts: choose another key"
)

// Each line is a change that is refused, the start of the message it is refused with, and its nearest neighbour that is accepted.
func TestWhatIsRefusedAndItsNeighbourThatIsNot(t *testing.T) {
	longest := strings.Repeat("x", 63)
	cases := map[string]struct {
		refuse func(*v1alpha1.NodeGroup)
		fault  string
		accept func(*v1alpha1.NodeGroup)
	}{
		"name": {
			named(strings.Repeat("n", 37)),
			`metadata.name: Invalid value: "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn": metadata.name must have at most 36 characters`,
			named(strings.Repeat("n", 36)),
		},
		"bounds": {
			size(6, 5), `spec.minNodes: Invalid value: 6: minNodes must not be above maxNodes`, size(4, 5),
		},
		"offering twice": {
			offering("small"), `spec.offeringIDs[2]: Duplicate value: "small": it is the same as spec.offeringIDs[0]: remove one of them`,
			offering("medium"),
		},
		"preferred offering that is not allowed": {
			preferred("medium"), `spec.preferredOfferingID: Invalid value: "medium": preferredOfferingID must be one of offeringIDs`,
			preferred("large"),
		},
		"preferred offering in another case": {
			preferred("Large"), `spec.preferredOfferingID: Invalid value: "Large": preferredOfferingID must be one of offeringIDs`,
			func(g *v1alpha1.NodeGroup) { g.Spec.OfferingIDs, g.Spec.PreferredOfferingID = nil, "Large" },
		},
		"label key": {
			label("a key", ""), `spec.labels[a key]: Invalid value: "a key": name part must consist of`, label("a_key", ""),
		},
		"label key without a name": {
			label("example.com/", ""), `spec.labels[example.com/]: Invalid value: "example.com/": name part must be non-empty`,
			label("example.com/a", ""),
		},
		"label value": {
			label("team", "a b"), `spec.labels[team]: Invalid value: "a b": a valid label must be`, label("team", "a-b"),
		},
		"length of a label value": {
			label("team", longest+"x"), `spec.labels[team]: Invalid value: "` + longest + `x": must be no more than 63`, label("team", longest),
		},
		"label of the autoscaler": {
			label("autoscaler.vpsie.com/managed", "true"),
			`spec.labels[autoscaler.vpsie.com/managed]: Invalid value: "autoscaler.vpsie.com/managed": ` + owned,
			label("autoscaler.example.com/managed", "true"),
		},
		"label of Kubernetes": {
			label("kubernetes.io/team", "a"), `spec.labels[kubernetes.io/team]: Invalid value: "kubernetes.io/team": ` + kubernetes,
			label("mykubernetes.io/team", "a"),
		},
		"label below k8s.io": {
			label("app.k8s.io/team", "a"), `spec.labels[app.k8s.io/team]: Invalid value: "app.k8s.io/team": ` + kubernetes,
			label("node-role.kubernetes.io/worker", ""),
		},
		"architecture": {
			label("kubernetes.io/arch", "arm64"), `spec.labels[kubernetes.io/arch]: Invalid value: "kubernetes.io/arch": ` + machine,
			label("node.kubernetes.io/exclude-from-external-load-balancers", "true"),
		},
		"zone": {
			label("topology.kubernetes.io/zone", "a"),
			`spec.labels[topology.kubernetes.io/zone]: Invalid value: "topology.kubernetes.io/zone": ` + machine,
			label("tenant.node-restriction.kubernetes.io/a", "b"),
		},
		"taint key": {
			taint("", "a", "NoSchedule"), `spec.taints[1].key: Invalid value: "": name part must be non-empty`, taint("a", "", "NoSchedule"),
		},
		"taint value": {
			taint("a", "b c", "NoSchedule"), `spec.taints[1].value: Invalid value: "b c": a valid label must be`, taint("a", "b.c", "NoSchedule"),
		},
		"taint effect": {
			taint("a", "b", "NoRun"),
			`spec.taints[1].effect: Unsupported value: "NoRun": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
			taint("a", "b", "PreferNoSchedule"),
		},
		"taint without an effect": {
			taint("a", "b", ""), `spec.taints[1].effect: Unsupported value: "": supported values:`, taint("a", "b", "NoSchedule"),
		},
		"taint twice": {
			taint("dedicated", "silver", "NoSchedule"),
			`spec.taints[1]: Duplicate value: "dedicated:NoSchedule": it is the same as spec.taints[0]: remove one of them`,
			taint("dedicated", "gold", "PreferNoSchedule"),
		},
		"taint of the autoscaler": {
			taint("autoscaler.vpsie.com/uninitialized", "", "NoSchedule"),
			`spec.taints[1].key: Invalid value: "autoscaler.vpsie.com/uninitialized": ` + owned,
			taint("example.com/uninitialized", "", "NoSchedule"),
		},
		"taint of Kubernetes": {
			taint("node.kubernetes.io/not-ready", "", "NoSchedule"),
			`spec.taints[1].key: Invalid value: "node.kubernetes.io/not-ready": ` + kubernetes,
			taint("node-role.kubernetes.io/batch", "", "NoSchedule"),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, faults := nodegroup.Validate(sound(c.refuse)); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), c.fault) {
				t.Errorf("faults:\n%v\nwant one that starts with:\n%s", faults, c.fault)
			}
			if _, faults := nodegroup.Validate(sound(c.accept)); len(faults) != 0 {
				t.Errorf("the neighbour is refused: %v", faults)
			}
		})
	}
}

func TestAllFaultsAreNamedAtOnce(t *testing.T) {
	_, faults := nodegroup.Validate(sound(
		named(strings.Repeat("n", 37)), size(3, 2), offering("small"), offering("large"), preferred("medium"),
		label("kubernetes.io/a b", "c d"), taint("a b", "c d", "NoRun"), taint("dedicated", "", "NoSchedule"),
	))
	var fields []string
	for _, fault := range faults {
		fields = append(fields, fault.Field)
	}
	want := []string{
		"metadata.name", "spec.minNodes", "spec.offeringIDs[2]", "spec.offeringIDs[3]", "spec.preferredOfferingID",
		"spec.labels[kubernetes.io/a b]", "spec.labels[kubernetes.io/a b]", "spec.labels[kubernetes.io/a b]",
		"spec.taints[1].key", "spec.taints[1].value", "spec.taints[1].effect", "spec.taints[2]",
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields with faults (-want +got):\n%s", diff)
	}
}

func TestDoubtsAreWarnings(t *testing.T) {
	cases := map[string]struct {
		group *v1alpha1.NodeGroup
		want  []string // starts of the warnings
	}{
		"an ordinary group":                {sound(), nil},
		"no nodes allowed":                 {sound(size(0, 0)), []string{"spec.maxNodes is 0"}},
		"a fixed size":                     {sound(size(3, 3)), []string{"spec.minNodes equals spec.maxNodes"}},
		"scale-down off":                   {sound(scaleDown(false)), []string{"spec.scaleDownPolicy.enabled is false"}},
		"scale-down on":                    {sound(scaleDown(true)), nil},
		"scale-down off at a fixed size":   {sound(scaleDown(false), size(3, 3)), []string{"spec.minNodes equals spec.maxNodes"}},
		"a taint that evicts":              {sound(taint("a", "", "NoExecute")), []string{"spec.taints[1] is NoExecute"}},
		"the label of the control plane":   {sound(label("node-role.kubernetes.io/control-plane", "")), []string{"spec.labels[node-role.kubernetes.io/control-plane]"}},
		"several doubts are all mentioned": {sound(size(0, 0), taint("a", "", "NoExecute")), []string{"spec.maxNodes is 0", "spec.taints[1]"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			warnings, faults := nodegroup.Validate(c.group)
			if len(faults) != 0 {
				t.Errorf("faults: %v, want none", faults)
			}
			if len(warnings) != len(c.want) {
				t.Fatalf("warnings: %q, want %q", warnings, c.want)
			}
			for i, start := range c.want {
				if !strings.HasPrefix(warnings[i], start) {
					t.Errorf("warning %q, want one that starts with %q", warnings[i], start)
				}
			}
		})
	}
}
