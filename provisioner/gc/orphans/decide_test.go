package orphans_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/gc/orphans"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
)

const grace = 10 * time.Minute

var (
	prod  = hostnames.Scheme{Prefix: "prod-", ClusterID: "6f0c1f5e-6c3a-4b43-8f0e-8c6f8f1d2a11"}
	twin  = hostnames.Scheme{Prefix: "prod-", ClusterID: "11111111-6c3a-4b43-8f0e-8c6f8f1d2a11"}
	web   = prod.New("web")
	begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// looks decides about the same snapshot every minute, and returns the verdict of each look.
func looks(s orphans.Snapshot, times int) (found []orphans.Verdict) {
	s.Grace, s.Names = grace, prod
	var memory orphans.Memory
	for i := range times {
		s.Now = begin.Add(time.Duration(i) * time.Minute)
		var verdicts []orphans.Verdict
		verdicts, memory = orphans.Decide(&s, memory)
		found = append(found, verdicts...)
	}
	return found
}

func machine(hostname string, change func(*cloud.Machine)) orphans.Snapshot {
	made := cloud.Machine{ID: "m1", Hostname: hostname, State: cloud.StateRunning, CreatedAt: begin.Add(-time.Hour)}
	if change != nil {
		change(&made)
	}
	return orphans.Snapshot{Machines: []cloud.Machine{made}}
}

// joined is a Node of a VPSieNode that has stopped to answer.
func joined(change func(*corev1.Node)) orphans.Snapshot {
	node := build.Node(web).NotReady().In("web").Label(v1alpha1.LabelVPSieNode, web).ProviderID("vpsie://m1").Obj()
	if change != nil {
		change(node)
	}
	return orphans.Snapshot{Nodes: []corev1.Node{*node}}
}

func (o owner) of(s orphans.Snapshot) orphans.Snapshot {
	s.VPSieNodes = append(s.VPSieNodes, *build.VPSieNode(string(o), "web").Obj())
	return s
}

// owner is the name of a VPSieNode.
type owner string

func TestVerdictInTheEnd(t *testing.T) {
	cases := map[string]struct {
		given  orphans.Snapshot
		kind   orphans.Kind
		action orphans.Action
		reason orphans.Reason
	}{
		"a machine with its VPSieNode":          {owner(web).of(machine(web, nil)), orphans.KindMachine, orphans.Keep, orphans.Owned},
		"a machine in upper case":               {owner(web).of(machine("PROD"+web[4:], nil)), orphans.KindMachine, orphans.Keep, orphans.Owned},
		"one named by hand with its VPSieNode":  {owner("prod-web-1").of(machine("prod-web-1", nil)), orphans.KindMachine, orphans.Keep, orphans.Owned},
		"a machine without VPSieNode":           {machine(web, nil), orphans.KindMachine, orphans.Delete, orphans.NoVPSieNode},
		"one with the VPSieNode of another":     {owner(prod.New("web")).of(machine(web, nil)), orphans.KindMachine, orphans.Delete, orphans.NoVPSieNode},
		"a broken one":                          {machine(web, func(m *cloud.Machine) { m.State = cloud.StateBroken }), orphans.KindMachine, orphans.Delete, orphans.NoVPSieNode},
		"one whose tag names this cluster":      {machine(web, func(m *cloud.Machine) { m.Tags = map[string]string{v1alpha1.TagCluster: prod.ClusterID} }), orphans.KindMachine, orphans.Delete, orphans.NoVPSieNode},
		"one of unknown age":                    {machine(web, func(m *cloud.Machine) { m.CreatedAt = time.Time{} }), orphans.KindMachine, orphans.Delete, orphans.NoVPSieNode},
		"a young one":                           {machine(web, func(m *cloud.Machine) { m.CreatedAt = begin.Add(2 * time.Minute) }), orphans.KindMachine, orphans.Wait, orphans.Young},
		"one that is not built yet":             {machine(web, func(m *cloud.Machine) { m.ID, m.State = "", cloud.StatePending }), orphans.KindMachine, orphans.Wait, orphans.Pending},
		"one that is being deleted":             {machine(web, func(m *cloud.Machine) { m.State = cloud.StateEnding }), orphans.KindMachine, orphans.Wait, orphans.Ending},
		"a machine made by hand":                {machine("prod-db-1", nil), orphans.KindSuspect, orphans.Report, orphans.UnprovenName},
		"a cluster of the same prefix":          {machine(twin.New("web"), nil), orphans.KindSuspect, orphans.Report, orphans.UnprovenName},
		"our tag alone proves nothing":          {machine("prod-db-1", func(m *cloud.Machine) { m.Tags = map[string]string{v1alpha1.TagCluster: prod.ClusterID} }), orphans.KindSuspect, orphans.Report, orphans.UnprovenName},
		"our name under another cluster's tag":  {machine(web, func(m *cloud.Machine) { m.Tags = map[string]string{v1alpha1.TagCluster: twin.ClusterID} }), orphans.KindSuspect, orphans.Report, orphans.ForeignTag},
		"a Node without anything":               {joined(nil), orphans.KindNode, orphans.Delete, orphans.NoMachine},
		"a Node that answers":                   {joined(func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionTrue }), orphans.KindNode, orphans.Keep, orphans.NodeReady},
		"a Node with its VPSieNode":             {owner(web).of(joined(nil)), orphans.KindNode, orphans.Keep, orphans.Owned},
		"a Node that a VPSieNode names":         {named(joined(nil)), orphans.KindNode, orphans.Keep, orphans.Owned},
		"a Node whose machine's name is listed": {withMachine(joined(nil), cloud.Machine{ID: "m2", Hostname: web}), orphans.KindNode, orphans.Keep, orphans.MachineListed},
		"a Node whose machine's ID is listed":   {withMachine(joined(nil), cloud.Machine{ID: "m1", Hostname: "prod-x"}), orphans.KindNode, orphans.Keep, orphans.MachineListed},
		"a Node that a machine names":           {withMachine(joined(nil), cloud.Machine{ID: "m2", Hostname: "prod-x", NodeName: web}), orphans.KindNode, orphans.Keep, orphans.MachineListed},
		"a Node of a former prefix":             {joined(func(n *corev1.Node) { n.Labels[v1alpha1.LabelVPSieNode] = "stage-web-1" }), orphans.KindNode, orphans.Keep, orphans.OtherPrefix},
		"a VPSieNode whose machine has gone":    {launched(nil), orphans.KindVPSieNode, orphans.Report, orphans.MachineMissing},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			found := map[orphans.Kind]orphans.Verdict{}
			for _, verdict := range looks(test.given, 12) {
				found[verdict.Subject.Kind] = verdict
			}
			got := found[test.kind]
			if got.Action != test.action || got.Reason != test.reason {
				t.Errorf("verdict on the %s after 11 minutes: %+v, want %s for %s", test.kind, got, test.action, test.reason)
			}
		})
	}
}

func withMachine(s orphans.Snapshot, machine cloud.Machine) orphans.Snapshot {
	s.Machines = append(s.Machines, machine)
	return s
}

// named adds a VPSieNode of another name whose status says that the Node is its own.
func named(s orphans.Snapshot) orphans.Snapshot {
	object := build.VPSieNode(prod.New("web"), "web").Obj()
	object.Status.NodeName = web
	s.VPSieNodes = append(s.VPSieNodes, *object)
	return s
}

// launched is a VPSieNode whose machine was listed once.
func launched(change func(*v1alpha1.VPSieNode)) orphans.Snapshot {
	object := build.VPSieNode(web, "web").Ready().Obj()
	if change != nil {
		change(object)
	}
	return orphans.Snapshot{VPSieNodes: []v1alpha1.VPSieNode{*object}}
}

func TestNothingIsSaidOfOthers(t *testing.T) {
	now := metav1.Now()
	cases := map[string]orphans.Snapshot{
		"a Node that was never ours":              joined(func(n *corev1.Node) { n.Labels = nil }),
		"a Node without the label of a VPSieNode": joined(func(n *corev1.Node) { delete(n.Labels, v1alpha1.LabelVPSieNode) }),
		"a Node that is no longer managed":        joined(func(n *corev1.Node) { n.Labels[v1alpha1.LabelManaged] = "false" }),
		"a VPSieNode on its way":                  {VPSieNodes: []v1alpha1.VPSieNode{*build.VPSieNode(web, "web").Obj()}},
		"a VPSieNode that is being deleted":       launched(func(n *v1alpha1.VPSieNode) { n.DeletionTimestamp = &now }),
	}
	for name, given := range cases {
		t.Run(name, func(t *testing.T) {
			if got := looks(given, 12); len(got) > 0 {
				t.Errorf("verdicts %+v, want none", got)
			}
		})
	}
}

func TestNothingGoesBeforeTheGracePeriod(t *testing.T) {
	for name, given := range map[string]orphans.Snapshot{"machine": machine(web, nil), "node": joined(nil)} {
		t.Run(name, func(t *testing.T) {
			var got []orphans.Action
			for _, verdict := range looks(given, 12) {
				got = append(got, verdict.Action)
			}
			want := []orphans.Action{
				orphans.Wait, orphans.Wait, orphans.Wait, orphans.Wait, orphans.Wait, orphans.Wait, orphans.Wait, orphans.Wait,
				orphans.Wait, orphans.Wait, orphans.Delete, orphans.Delete,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("minute by minute (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOneLookIsNeverEnough(t *testing.T) {
	s := machine(web, nil)
	s.Names, s.Now = prod, begin // no grace period at all
	verdicts, memory := orphans.Decide(&s, nil)
	if verdicts[0].Action != orphans.Wait {
		t.Errorf("first look: %+v, want to wait", verdicts[0])
	}
	if verdicts, _ = orphans.Decide(&s, memory); verdicts[0].Action != orphans.Delete {
		t.Errorf("second look: %+v, want it deleted", verdicts[0])
	}
}

func TestAWitnessInBetweenBeginsTheGracePeriodAnew(t *testing.T) {
	s := machine(web, nil)
	s.Grace, s.Names = grace, prod
	var memory orphans.Memory
	var verdicts []orphans.Verdict
	for minute := range 19 {
		s.Now, s.VPSieNodes = begin.Add(time.Duration(minute)*time.Minute), nil
		if minute == 9 {
			s = owner(web).of(s)
		}
		if verdicts, memory = orphans.Decide(&s, memory); verdicts[0].Action == orphans.Delete {
			t.Fatalf("deleted after %d minutes, its VPSieNode was there after 9", minute)
		}
	}
}

func TestTheWaitOfAPendingMachineCounts(t *testing.T) {
	s := machine(web, func(m *cloud.Machine) { m.ID, m.State, m.CreatedAt = "", cloud.StatePending, time.Time{} })
	s.Grace, s.Names, s.Now = grace, prod, begin
	_, memory := orphans.Decide(&s, nil)
	s.Now = begin.Add(grace)
	s.Machines[0].ID, s.Machines[0].State = "m1", cloud.StateRunning
	if verdicts, _ := orphans.Decide(&s, memory); verdicts[0].Action != orphans.Delete {
		t.Errorf("%+v, want it deleted as soon as it is built", verdicts[0])
	}
}
