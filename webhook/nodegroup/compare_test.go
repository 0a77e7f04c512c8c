package nodegroup_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/market"
	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
)

func sells(id, datacenter, cpu, memory string, price int64) plan.Offering {
	return plan.Offering{ID: id, Name: "G-" + id, DatacenterID: datacenter, Price: money.PerHour(price), Allocatable: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory), corev1.ResourcePods: resource.MustParse("110"),
	}}
}

// sold is a market: fra1 sells small, large and huge, ams1 only giant, and of lon1 nothing is known.
func sold() *market.Market {
	return &market.Market{
		Datacenters: []cloud.Datacenter{{ID: "fra1", Name: "Frankfurt"}, {ID: "ams1", Name: "Amsterdam"}, {ID: "lon1"}},
		Offerings: map[string][]plan.Offering{
			"fra1": {sells("huge", "fra1", "8", "32Gi", 30), sells("small", "fra1", "1", "1Gi", 10), sells("large", "fra1", "4", "8Gi", 20)},
			"ams1": {sells("giant", "ams1", "64", "256Gi", 90)},
		},
	}
}

func around(changes ...func(*nodegroup.Surroundings)) *nodegroup.Surroundings {
	s := &nodegroup.Surroundings{Market: sold(), Capabilities: cloud.Capabilities{}.Insert(cloud.CapabilityUserData, cloud.CapabilityTags)}
	for _, change := range changes {
		change(s)
	}
	return s
}

func was(changes ...func(*v1alpha1.NodeGroup)) func(*nodegroup.Surroundings) {
	return func(s *nodegroup.Surroundings) { s.Before = sound(changes...) }
}

func has(nodes int) func(*nodegroup.Surroundings) {
	return func(s *nodegroup.Surroundings) { was()(s); s.Nodes = nodes }
}

func unread(s *nodegroup.Surroundings) { s.Market, s.MarketAwaited = nil, true }

func beside(name string, changes ...func(*v1alpha1.NodeGroup)) func(*nodegroup.Surroundings) {
	return func(s *nodegroup.Surroundings) {
		other := sound(changes...)
		other.Name = name
		s.Groups = append(s.Groups, *other)
	}
}

func daemon(name, cpu, memory string, tolerates ...corev1.Toleration) func(*nodegroup.Surroundings) {
	return func(s *nodegroup.Surroundings) {
		pod := &corev1.Pod{}
		pod.Namespace, pod.Name = "monitoring", name
		pod.Spec.Tolerations = tolerates
		pod.Spec.Containers = []corev1.Container{{Name: "a", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
		}}}}
		s.Daemons = append(s.Daemons, pod)
	}
}

var everywhere = corev1.Toleration{Operator: corev1.TolerationOpExists}

func in(datacenter string, offerings ...string) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Spec.DatacenterID, g.Spec.OfferingIDs = datacenter, offerings }
}

func tag(key string) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Spec.Tags = map[string]v1alpha1.TagValue{key: ""} }
}

func image(id string) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Spec.OSImageID = id }
}

func priority(n int32) func(*v1alpha1.NodeGroup) {
	return func(g *v1alpha1.NodeGroup) { g.Spec.Priority = n }
}

func untainted(g *v1alpha1.NodeGroup) { g.Spec.Taints = nil }

func TestGroupsAreComparedWithTheirSurroundings(t *testing.T) {
	const noRoom = "spec.offeringIDs: Invalid value: "
	cases := map[string]struct {
		group    *v1alpha1.NodeGroup
		with     *nodegroup.Surroundings
		warnings []string // starts
		faults   []string // starts
	}{
		"a group that fits":                  {sound(), around(), nil, nil},
		"nothing is known of the cluster":    {sound(in("nowhere", "none")), &nodegroup.Surroundings{}, nil, nil},
		"the market has not been read":       {sound(in("nowhere", "none")), around(unread), []string{"spec.datacenterID and spec.offeringIDs could not be checked"}, nil},
		"its data centre has not been read":  {sound(in("lon1", "none")), around(), []string{"spec.offeringIDs could not be checked: what data centre lon1 sells"}, nil},
		"no such data centre":                {sound(in("fra9", "small")), around(), nil, []string{`spec.datacenterID: Invalid value: "fra9": there is no such data centre: choose among ams1 (Amsterdam), fra1 (Frankfurt), lon1`}},
		"its data centre is gone":            {sound(in("fra9", "small")), around(was(in("fra9", "small"))), []string{"spec.datacenterID fra9: there is no such data centre any more"}, nil},
		"any offering":                       {sound(in("fra1")), around(), nil, nil},
		"no such offering":                   {sound(offering("medium")), around(), nil, []string{`spec.offeringIDs[2]: Invalid value: "medium": it is not sold in data centre fra1: choose among small (G-small), large (G-large), huge (G-huge)`}},
		"an offering of another data centre": {sound(offering("giant")), around(), nil, []string{`spec.offeringIDs[2]: Invalid value: "giant": it is not sold in data centre fra1, but in ams1: take it out`}},
		"two that are not sold":              {sound(in("fra1", "a", "small", "b")), around(), nil, []string{`spec.offeringIDs[0]: Invalid value: "a"`, `spec.offeringIDs[2]: Invalid value: "b"`}},
		"one that went off sale":             {sound(offering("medium")), around(was(offering("medium"))), []string{"spec.offeringIDs[2] medium: it is not sold in data centre fra1"}, nil},
		"one more that is not sold":          {sound(offering("medium"), offering("other")), around(was(offering("medium"))), []string{"spec.offeringIDs[2] medium"}, []string{"spec.offeringIDs[3]"}},
		"preferred and not sold":             {sound(in("fra1"), preferred("medium")), around(), nil, []string{`spec.preferredOfferingID: Invalid value: "medium": it is not sold`}},
		"preferred and sold":                 {sound(in("fra1"), preferred("huge")), around(), nil, nil},
		"preferred, allowed and not sold":    {sound(offering("medium"), preferred("medium")), around(), nil, []string{"spec.offeringIDs[2]"}},
		"DaemonSets leave room":              {sound(), around(daemon("logs", "3900m", "7Gi", everywhere)), nil, nil},
		"DaemonSets leave none":              {sound(), around(daemon("logs", "2", "1Gi", everywhere), daemon("storage", "2", "6Gi", everywhere)), nil, []string{noRoom + `["small","large"]: the DaemonSets leave no room`}},
		"a larger offering has room":         {sound(offering("huge")), around(daemon("logs", "2", "1Gi", everywhere), daemon("storage", "2", "6Gi", everywhere)), nil, nil},
		"every offering is allowed":          {sound(in("fra1")), around(daemon("storage", "4", "8Gi", everywhere)), nil, nil},
		"a DaemonSet that stays off":         {sound(), around(daemon("storage", "4", "8Gi")), nil, nil},
		"but does not without the taint":     {sound(untainted), around(daemon("storage", "4", "8Gi")), nil, []string{noRoom}},
		"DaemonSets grew later":              {sound(size(1, 7)), around(was(), daemon("storage", "4", "8Gi", everywhere)), []string{"spec.offeringIDs: the DaemonSets leave no room"}, nil},
		"tags of a cloud with tags":          {sound(tag("a")), around(), nil, nil},
		"an image of a cloud without images": {sound(tag("a"), image("b")), around(), []string{"machines are bought here in a way that leaves no room for spec.osImageID: the group will not be Ready (UnsupportedByProvider)"}, nil},
		"as many nodes as allowed":           {sound(), around(has(5)), nil, nil},
		"more nodes than allowed":            {sound(), around(has(7)), []string{"spec.maxNodes is 5, and the group has 7 nodes: none is added until 3 are gone"}, nil},
		"another group of the same kind":     {sound(), around(beside("twin")), []string{"labels, taints, priority and offerings do not tell the group from vpsie-system/twin"}, nil},
		"it is not compared with itself":     {sound(), around(beside("general")), nil, nil},
		"some offerings are the same":        {sound(), around(beside("twin", in("fra1", "large", "huge"))), []string{"labels, taints, priority"}, nil},
		"any offering is the same":           {sound(), around(beside("twin", in("fra1"))), []string{"labels, taints, priority"}, nil},
		"other offerings":                    {sound(), around(beside("other", in("fra1", "huge"))), nil, nil},
		"another data centre":                {sound(), around(beside("other", in("ams1"))), nil, nil},
		"another priority":                   {sound(), around(beside("other", priority(1))), nil, nil},
		"another label":                      {sound(), around(beside("other", label("a", "b"))), nil, nil},
		"another taint":                      {sound(), around(beside("other", untainted)), nil, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			warnings, faults := nodegroup.Compare(c.group, c.with)
			startWith(t, warnings, c.warnings)
			texts := make([]string, 0, len(faults))
			for _, fault := range faults {
				texts = append(texts, fault.Error())
			}
			startWith(t, texts, c.faults)
		})
	}
}

func TestTheRefusalForLackOfRoomNamesTheDaemonSets(t *testing.T) {
	_, faults := nodegroup.Compare(sound(), around(daemon("logs", "100m", "1Gi", everywhere), daemon("storage", "4", "6Gi", everywhere)))
	if len(faults) != 1 {
		t.Fatalf("faults %v, want one", faults)
	}
	for _, want := range []string{"large", "allow a larger offering", "monitoring/storage (4 CPU, 6Gi), monitoring/logs (100m CPU, 1Gi)"} {
		if !strings.Contains(faults[0].Error(), want) {
			t.Errorf("%v: want %q in it", faults[0], want)
		}
	}
}
