package orphans

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/hostnames"
)

// Snapshot is one look at the cloud and the cluster. The Nodes must have been read before the machines and the machines before
// the VPSieNodes: each of them comes into being after the next one has been recorded.
type Snapshot struct {
	Now time.Time
	// Grace is how long something must have been without its counterpart before it may go.
	Grace time.Duration
	// Names tells the machines of this cluster from all others.
	Names hostnames.Scheme
	// Machines is the complete list of those whose host names start with the cluster's prefix.
	Machines []cloud.Machine
	// VPSieNodes are those of all namespaces.
	VPSieNodes []v1alpha1.VPSieNode
	Nodes      []corev1.Node
}

// look is one decision.
type look struct {
	*Snapshot
	before, after Memory

	owned    sets.Set[string] // host names that have a VPSieNode
	joined   sets.Set[string] // Nodes that have a VPSieNode
	hosts    sets.Set[string] // host names, Node names and identifiers of machines
	verdicts []Verdict
}

// Decide says what is to be done about everything in the snapshot that is the autoscaler's or looks like it, and what to remember
// for the next time.
func Decide(s *Snapshot, before Memory) ([]Verdict, Memory) {
	l := &look{Snapshot: s, before: before, after: Memory{}, owned: sets.New[string](), joined: sets.New[string](), hosts: sets.New[string]()}
	for i := range s.VPSieNodes {
		l.owned.Insert(strings.ToLower(s.VPSieNodes[i].Name))
		l.joined.Insert(s.VPSieNodes[i].NodeName())
	}
	for i := range s.Machines {
		l.hosts.Insert(strings.ToLower(s.Machines[i].Hostname), NodeName(&s.Machines[i]), s.Machines[i].ID)
	}
	l.hosts.Delete("") // identifier of a pending machine
	for i := range s.Machines {
		l.machine(&s.Machines[i])
	}
	for i := range s.Nodes {
		l.node(&s.Nodes[i])
	}
	for i := range s.VPSieNodes {
		l.vpsieNode(&s.VPSieNodes[i])
	}
	return l.verdicts, l.after
}

// NodeName is the name of the Node that a machine becomes.
func NodeName(machine *cloud.Machine) string {
	if machine.NodeName != "" {
		return machine.NodeName
	}
	return strings.ToLower(machine.Hostname)
}

func (l *look) say(subject Subject, action Action, reason Reason) {
	l.verdicts = append(l.verdicts, Verdict{Subject: subject, Action: action, Reason: reason})
}

// ripe notes that something was seen without its counterpart, and reports whether that has been so for long enough.
func (l *look) ripe(key Subject) bool {
	seen := l.before[key].again(l.Now)
	l.after[key] = seen
	return seen.ripe(l.Now, l.Grace)
}

func (l *look) machine(machine *cloud.Machine) {
	name := strings.ToLower(machine.Hostname)
	subject := Subject{Kind: KindMachine, Name: name, ID: machine.ID}
	suspect := Subject{Kind: KindSuspect, Name: name, ID: machine.ID}
	switch {
	case l.owned.Has(name):
		l.say(subject, Keep, Owned)
		return
	case !l.Names.Made(name):
		l.say(suspect, Report, UnprovenName)
		return
	case ForeignTo(l.Names, machine):
		l.say(suspect, Report, ForeignTag)
		return
	}
	// A machine is remembered by its host name alone, as it has no identifier while it is pending.
	ripe := l.ripe(Subject{Kind: KindMachine, Name: name})
	switch {
	case !ripe:
		l.say(subject, Wait, GracePeriod)
	case !machine.CreatedAt.IsZero() && l.Now.Sub(machine.CreatedAt) < l.Grace:
		l.say(subject, Wait, Young)
	case machine.State == cloud.StatePending || machine.ID == "":
		l.say(subject, Wait, Pending)
	case machine.State == cloud.StateEnding:
		l.say(subject, Wait, Ending)
	default:
		l.say(subject, Delete, NoVPSieNode)
	}
}

// ForeignTo reports whether a machine's tags, where they are known, name another cluster than that of the names.
func ForeignTo(names hostnames.Scheme, machine *cloud.Machine) bool {
	cluster, told := machine.Tags[v1alpha1.TagCluster]
	return told && cluster != names.ClusterID
}

func (l *look) node(node *corev1.Node) {
	if !Ours(node) {
		return
	}
	subject := Subject{Kind: KindNode, Name: node.Name, ID: string(node.UID)}
	hostname := strings.ToLower(node.Labels[v1alpha1.LabelVPSieNode])
	_, machineID, _ := strings.Cut(node.Spec.ProviderID, "://")
	switch {
	case l.owned.Has(hostname) || l.joined.Has(node.Name):
		l.say(subject, Keep, Owned)
	case l.hosts.HasAny(hostname, node.Name, machineID):
		l.say(subject, Keep, MachineListed)
	case l.Names.Prefix == "" || !strings.HasPrefix(hostname, strings.ToLower(l.Names.Prefix)):
		l.say(subject, Keep, OtherPrefix)
	case Answers(node):
		l.say(subject, Keep, NodeReady)
	case !l.ripe(subject):
		l.say(subject, Wait, GracePeriod)
	default:
		l.say(subject, Delete, NoMachine)
	}
}

// Ours reports whether the autoscaler made a Node.
func Ours(node *corev1.Node) bool {
	return node.Labels[v1alpha1.LabelManaged] == "true" && node.Labels[v1alpha1.LabelVPSieNode] != ""
}

// Answers reports whether a kubelet says that the Node is ready.
func Answers(node *corev1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// vpsieNode reports a VPSieNode whose machine was listed once and no longer is. Its own controller replaces it.
func (l *look) vpsieNode(object *v1alpha1.VPSieNode) {
	launched := meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionLaunched)
	if !launched || object.DeletionTimestamp != nil || l.hosts.HasAny(strings.ToLower(object.Name), object.Status.MachineID) {
		return
	}
	subject := Subject{Kind: KindVPSieNode, Name: object.Name, ID: string(object.UID)}
	if !l.ripe(subject) {
		l.say(subject, Wait, GracePeriod)
		return
	}
	l.say(subject, Report, MachineMissing)
}
