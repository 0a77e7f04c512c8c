package planner

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/verify"
)

// onNodes makes a judgement about one pod, which may go to the one node and not to the other.
func onNodes(given func(*cluster), good, bad, want string) judgement {
	return judgement{given: given, want: want,
		good: func(c *cluster) { c.place(good, "p") }, bad: func(c *cluster) { c.place(bad, "p") }}
}

// side adds other pods to a judgement that both plans place on the same node.
func side(j judgement, node string, pods ...string) judgement {
	good, bad := j.good, j.bad
	j.good = func(c *cluster) { good(c); c.place(node, pods...) }
	j.bad = func(c *cluster) { bad(c); c.place(node, pods...) }
	return j
}

func TestVerifierKnowsRulesOfOneNode(t *testing.T) {
	judge(t, map[string]judgement{
		"cpu": side(onNodes(func(c *cluster) {
			c.wait("p", asking("cpu", "3"))
			c.wait("q", asking("cpu", "2"))
		}, "n1", "n2", "resources: cpu: asks for 3000, 2000 of 4000"), "n2", "q"),
		"cpu, to the last thousandth": {
			given: func(c *cluster) {
				c.wait("p", asking("cpu", "2001m"))
				c.wait("q", asking("cpu", "2"))
				c.node("n1").Allocatable = list("cpu", "4001m", "pods", "10")
			},
			good: func(c *cluster) { c.place("n1", "p", "q") },
			bad:  func(c *cluster) { c.place("n2", "p", "q") },
			want: "resources: cpu",
		},
		"running pods": onNodes(func(c *cluster) {
			c.wait("p", asking("memory", "8Gi"))
			c.run("n2", "r", asking("memory", "9Gi"))
		}, "n1", "n2", "resources: memory"),
		"pod slots": onNodes(func(c *cluster) {
			c.wait("p", asking())
			c.node("n2").Allocatable = list("cpu", "4", "pods", "1")
			c.run("n2", "r", asking())
		}, "n1", "n2", "pod slots: 1 of 1"),
		"extended resource": onNodes(func(c *cluster) {
			c.wait("p", asking("example.com/gpu", "1"))
			c.node("n1").Allocatable["example.com/gpu"] = list("x", "1")["x"]
		}, "n1", "n2", "resources: example.com/gpu"),
		"init container": onNodes(func(c *cluster) {
			c.wait("p", initContainer(false, "cpu", "4"))
			c.node("n2").Allocatable = list("cpu", "3", "pods", "10")
		}, "n1", "n2", "asks for 4000"),
		"sidecar": onNodes(func(c *cluster) {
			c.wait("p", asking("cpu", "2"), initContainer(true, "cpu", "2"))
			c.node("n2").Allocatable = list("cpu", "3", "pods", "10")
		}, "n1", "n2", "asks for 4000"),
		"overhead": onNodes(func(c *cluster) {
			c.wait("p", asking("cpu", "3"), func(p *corev1.Pod) { p.Spec.Overhead = list("cpu", "1") })
			c.node("n2").Allocatable = list("cpu", "3", "pods", "10")
		}, "n1", "n2", "asks for 4000"),
		"requests of the whole pod": onNodes(func(c *cluster) {
			c.wait("p", asking("cpu", "1"), func(p *corev1.Pod) {
				p.Spec.Resources = &corev1.ResourceRequirements{Requests: list("cpu", "4")}
			})
			c.node("n2").Allocatable = list("cpu", "3", "pods", "10")
		}, "n1", "n2", "asks for 4000"),
		"resized in place": onNodes(func(c *cluster) {
			c.wait("p", asking("cpu", "2"))
			c.run("n2", "r", asking("cpu", "1"), func(p *corev1.Pod) {
				p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main",
					Resources: &corev1.ResourceRequirements{Requests: list("cpu", "3")}, AllocatedResources: list("cpu", "3")}}
			})
		}, "n1", "n2", "asks for 2000, 3000 of 4000"),
		"node selector":           onNodes(func(c *cluster) { c.wait("p", selecting(zoneKey, "a")) }, "n1", "n2", "node affinity"),
		"node affinity In":        affine(zoneKey, corev1.NodeSelectorOpIn, "a", "c"),
		"node affinity NotIn":     affine(zoneKey, corev1.NodeSelectorOpNotIn, "b"),
		"node affinity Exists":    affine("disk", corev1.NodeSelectorOpExists),
		"node affinity Gt":        affine("disk", corev1.NodeSelectorOpGt, "4"),
		"node affinity Lt":        affine("disk", corev1.NodeSelectorOpLt, "6"),
		"node affinity by name":   affine("metadata.name", corev1.NodeSelectorOpIn, "n1"),
		"node affinity, not name": affine("metadata.name", corev1.NodeSelectorOpNotIn, "n2"),
		"node affinity DoesNotExist": onNodes(func(c *cluster) {
			c.node("n2").Labels["disk"] = "5"
			c.wait("p", requiring(corev1.NodeSelectorRequirement{Key: "disk", Operator: corev1.NodeSelectorOpDoesNotExist}))
		}, "n1", "n2", "node affinity"),
		"taint": onNodes(func(c *cluster) {
			c.wait("p", tolerating("t"))
			c.node("n1").Taints = []corev1.Taint{{Key: "t", Effect: corev1.TaintEffectNoExecute}, {Key: "u", Effect: corev1.TaintEffectPreferNoSchedule}}
			c.node("n2").Taints = []corev1.Taint{{Key: "u", Effect: corev1.TaintEffectNoSchedule}}
		}, "n1", "n2", "taint: u:NoSchedule"),
		"cordoned": onNodes(func(c *cluster) { c.wait("p"); c.node("n2").Unschedulable = true }, "n1", "n2", "taint: node.kubernetes.io/unschedulable"),
		"host port": onNodes(func(c *cluster) {
			c.wait("p", onPort(80, "", corev1.ProtocolTCP))
			c.run("n1", "r", onPort(80, "", corev1.ProtocolUDP))
			c.run("n2", "s", onPort(80, "10.0.0.1", ""))
		}, "n1", "n2", "host port: TCP 0.0.0.0:80 is taken by pod default/s"),
		"host port of an address": onNodes(func(c *cluster) {
			c.wait("p", onPort(80, "10.0.0.1", corev1.ProtocolTCP))
			c.run("n1", "r", onPort(80, "10.0.0.2", corev1.ProtocolTCP))
			c.run("n2", "s", onPort(80, "0.0.0.0", corev1.ProtocolTCP))
		}, "n1", "n2", "host port"),
		"DaemonSets of a node on its way": onNodes(func(c *cluster) {
			c.wait("p", asking("cpu", "3"))
			c.daemon("d", asking("cpu", "2"))
			c.node("n2").InFlight = true
		}, "n1", "n2", "asks for 3000, 2000 of 4000"),
	}, verify.Plan)
}

func affine(key string, operator corev1.NodeSelectorOperator, values ...string) judgement {
	return onNodes(func(c *cluster) {
		c.node("n1").Labels["disk"] = "5"
		c.wait("p", requiring(corev1.NodeSelectorRequirement{Key: "nothing", Operator: corev1.NodeSelectorOpExists},
			corev1.NodeSelectorRequirement{Key: key, Operator: operator, Values: values}))
	}, "n1", "n2", "node affinity")
}

func TestVerifierKnowsWhatNewNodesBring(t *testing.T) {
	tolerant := func(p *corev1.Pod) { p.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}} }
	judge(t, map[string]judgement{
		"room beside DaemonSets": {
			given: func(c *cluster) { c.s.Nodes = nil; c.daemon("d", asking("cpu", "1")); c.wait("p", asking("cpu", "4")) },
			good:  func(c *cluster) { c.buy("large", "p") },
			bad:   func(c *cluster) { c.buy("small", "p") },
			want:  "asks for 4000, 1000 of 4000",
		},
		"only the DaemonSets that land there": {
			given: func(c *cluster) {
				c.s.Nodes = nil
				c.group().Taints = []corev1.Taint{{Key: "t", Effect: corev1.TaintEffectNoSchedule}}
				c.daemon("d", asking("cpu", "1"))
				c.daemon("e", asking("cpu", "1"), tolerating("t"), selecting(zoneKey, "b"))
				c.wait("p", asking("cpu", "4"), tolerant)
				c.wait("q", asking("cpu", "4"), tolerant)
			},
			good: func(c *cluster) { c.buy("small", "p"); c.buy("large", "q") },
			bad:  func(c *cluster) { c.buy("large", "p", "q") },
			want: "resources: cpu",
		},
		"host port of a DaemonSet": {
			given: func(c *cluster) {
				c.s.Nodes = nil
				c.daemon("d", selecting(zoneKey, "a"), onPort(80, "", ""))
				c.wait("p", onPort(80, "", ""))
			},
			good: func(c *cluster) { c.buy("large", "p") },
			bad:  func(c *cluster) { c.buy("small", "p") },
			want: "taken by pod default/d",
		},
		"labels of the group win": {
			given: func(c *cluster) {
				c.s.Nodes = nil
				c.s.Groups = append(c.s.Groups, plan.Group{Key: "default/h", Max: 5, ScaleUp: true, DatacenterID: "dc", Labels: map[string]string{zoneKey: "z"}})
				c.wait("p", selecting(zoneKey, "z"))
			},
			good: func(c *cluster) { c.buyFor("default/h", "small", "p") },
			bad:  func(c *cluster) { c.buy("small", "p") },
			want: "node affinity",
		},
		"a host name of its own": {
			given: func(c *cluster) {
				c.s.Nodes = nil
				c.wait("p", requiring(corev1.NodeSelectorRequirement{Key: hostKey, Operator: corev1.NodeSelectorOpExists}))
				c.wait("q", asking("cpu", "1m"), labelled("app", "x"), apart(hostKey, like("app", "x")))
				c.wait("r", asking("cpu", "1m"), labelled("app", "x"), apart(hostKey, like("app", "x")))
			},
			good: func(c *cluster) { c.buy("small", "p", "q"); c.buy("small", "r") },
			bad:  func(c *cluster) { c.buy("small", "p", "q", "r") },
			want: "anti-affinity",
		},
		"taints of the group": {
			given: func(c *cluster) {
				c.s.Nodes = nil
				c.s.Groups = append(c.s.Groups, plan.Group{Key: "default/h", Max: 5, ScaleUp: true, DatacenterID: "dc",
					Taints: []corev1.Taint{{Key: "t", Effect: corev1.TaintEffectNoSchedule}}})
				c.wait("p")
			},
			good: func(c *cluster) { c.buy("small", "p") },
			bad:  func(c *cluster) { c.buyFor("default/h", "small", "p") },
			want: "taint: t:NoSchedule",
		},
		"pods of a DaemonSet count once": {
			given: func(c *cluster) {
				c.s.Nodes = c.s.Nodes[:1]
				c.node("n1").InFlight = true
				owned := func(p *corev1.Pod) { p.OwnerReferences = []metav1.OwnerReference{{UID: "set", Controller: new(true)}} }
				c.daemon("d", asking("cpu", "1"), owned)
				c.run("n1", "d-n1", asking("cpu", "1"), owned)
				c.wait("p", asking("cpu", "3"))
				c.wait("q", asking("cpu", "4"))
			},
			good: func(c *cluster) { c.place("n1", "p"); c.buy("large", "q") },
			bad:  func(c *cluster) { c.place("n1", "q"); c.buy("small", "p") },
			want: "asks for 4000, 1000 of 4000",
		},
	}, verify.Plan)
}
