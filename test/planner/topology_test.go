package planner

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/verify"
)

func TestVerifierKnowsPodAffinity(t *testing.T) {
	x := like("app", "x")
	runs := func(c *cluster, node string, options ...option) {
		c.run(node, "r-"+node, append(options, labelled("app", "x"))...)
	}
	everywhere := func(t *corev1.PodAffinityTerm) { t.NamespaceSelector = &metav1.LabelSelector{} }
	red := func(t *corev1.PodAffinityTerm) { t.NamespaceSelector = like("team", "red") }
	shop := func(t *corev1.PodAffinityTerm) { t.Namespaces = []string{"shop"} }
	judge(t, map[string]judgement{
		"anti-affinity": onNodes(func(c *cluster) { c.wait("p", apart(zoneKey, x)); runs(c, "n2") },
			"n1", "n2", "anti-affinity: pod default/r-n2 on node n2 is in the same topology.kubernetes.io/zone b"),
		"anti-affinity of a running pod": onNodes(func(c *cluster) {
			c.wait("p", labelled("app", "y"))
			runs(c, "n2", apart(zoneKey, like("app", "y")))
		}, "n1", "n2", "anti-affinity of pod default/r-n2"),
		"anti-affinity of a pod that is placed as well": side(onNodes(func(c *cluster) {
			c.wait("p", labelled("app", "y"))
			c.wait("q", apart(hostKey, like("app", "y")))
		}, "n1", "n2", "anti-affinity of pod default/q"), "n2", "q"),
		"anti-affinity across nodes of a zone": {
			given: func(c *cluster) {
				c.s.Nodes = nil
				c.wait("p", apart(zoneKey, x), labelled("app", "x"))
				c.wait("q", labelled("app", "x"))
			},
			good: func(c *cluster) { c.buy("small", "p"); c.buy("large", "q") },
			bad:  func(c *cluster) { c.buy("small", "p"); c.buy("small", "q") },
			want: "in the same topology.kubernetes.io/zone a",
		},
		"anti-affinity of a DaemonSet on a new node": {
			given: func(c *cluster) {
				c.s.Nodes = nil
				c.daemon("d", selecting(zoneKey, "a"), apart(hostKey, x))
				c.wait("p", labelled("app", "x"))
			},
			good: func(c *cluster) { c.buy("large", "p") },
			bad:  func(c *cluster) { c.buy("small", "p") },
			want: "anti-affinity of pod default/d",
		},
		"own namespace only": onNodes(func(c *cluster) {
			c.wait("p", apart(hostKey, x))
			runs(c, "n1", inNamespace("shop"))
			runs(c, "n2")
		}, "n1", "n2", "anti-affinity"),
		"named namespace": onNodes(func(c *cluster) {
			c.wait("p", apart(hostKey, x, shop))
			runs(c, "n1")
			runs(c, "n2", inNamespace("shop"))
		}, "n1", "n2", "anti-affinity"),
		"selected namespace": onNodes(func(c *cluster) {
			c.wait("p", apart(hostKey, x, red))
			runs(c, "n1")
			runs(c, "n2", inNamespace("shop"))
		}, "n1", "n2", "anti-affinity"),
		"selected namespace of a running pod's term": onNodes(func(c *cluster) {
			c.wait("p", inNamespace("shop"), labelled("app", "y"))
			c.run("n1", "r", apart(hostKey, like("app", "y")))
			c.run("n2", "s", apart(hostKey, like("app", "y"), red))
		}, "n1", "n2", "anti-affinity of pod default/s"),
		"every namespace": onNodes(func(c *cluster) {
			c.wait("p", apart(hostKey, x, everywhere))
			runs(c, "n2", inNamespace("shop"))
		}, "n1", "n2", "anti-affinity"),
		"label keys to match": onNodes(func(c *cluster) {
			c.wait("p", labelled("v", "1"), apart(hostKey, x, func(t *corev1.PodAffinityTerm) { t.MatchLabelKeys = []string{"v"} }))
			runs(c, "n1", labelled("v", "2"))
			runs(c, "n2", labelled("v", "1"))
		}, "n1", "n2", "anti-affinity"),
		"label keys not to match": onNodes(func(c *cluster) {
			c.wait("p", labelled("v", "1"), apart(hostKey, x, func(t *corev1.PodAffinityTerm) { t.MismatchLabelKeys = []string{"v"} }))
			runs(c, "n1", labelled("v", "1"))
			runs(c, "n2", labelled("v", "2"))
		}, "n1", "n2", "anti-affinity"),
		"affinity": onNodes(func(c *cluster) { c.wait("p", near(zoneKey, x)); runs(c, "n1") }, "n1", "n2", "affinity: term 0"),
		"affinity needs the label": onNodes(func(c *cluster) {
			c.wait("p", near("rack", x), labelled("app", "x"))
			c.node("n1").Labels["rack"] = "1"
		}, "n1", "n2", "affinity: the node has no label rack"),
		"affinity to itself": {
			given: func(c *cluster) {
				c.wait("p", near(zoneKey, x), labelled("app", "x"))
				c.wait("q", near(zoneKey, x), labelled("app", "x"))
			},
			good: func(c *cluster) { c.place("n2", "p", "q") },
			bad:  func(c *cluster) { c.place("n1", "p"); c.place("n2", "q") },
			want: "others elsewhere: true; about itself: true",
		},
		"affinity to itself in two places, each with company": {
			given: func(c *cluster) {
				for _, name := range []string{"p", "q", "r", "s"} {
					c.wait(name, near(zoneKey, x), labelled("app", "x"))
				}
			},
			good: func(c *cluster) { c.place("n1", "p", "q", "r", "s") },
			bad:  func(c *cluster) { c.place("n1", "p", "q"); c.place("n2", "r", "s") },
			want: "no order of scheduling",
		},
		"affinity to each other": {
			given: func(c *cluster) {
				c.wait("p", near(hostKey, like("app", "y")), labelled("app", "x"))
				c.wait("q", near(hostKey, x), labelled("app", "y"))
				c.node("n1").Pods = nil
				c.run("n1", "r", labelled("app", "y"))
			},
			good: func(c *cluster) { c.place("n1", "p", "q") },
			bad:  func(c *cluster) { c.place("n2", "p", "q") },
			want: "no order of scheduling",
		},
		"affinity to a pod that is bought for": {
			given: func(c *cluster) { c.s.Nodes = nil; c.wait("p", near(hostKey, x)); c.wait("q", labelled("app", "x")) },
			good:  func(c *cluster) { c.buy("small", "p", "q") },
			bad:   func(c *cluster) { c.buy("small", "p"); c.buy("small", "q") },
			want:  "affinity: term 0",
		},
		"placed pods do not wait for new nodes": {
			given: func(c *cluster) { c.wait("p", near(zoneKey, x)); c.wait("q", labelled("app", "x")) },
			good:  func(c *cluster) { c.place("n1", "p", "q") },
			bad:   func(c *cluster) { c.place("n1", "p"); c.buy("small", "q") },
			want:  "pod default/p on node n1: affinity",
		},
	}, verify.Plan)
}

func TestVerifierKnowsTopologySpread(t *testing.T) {
	x := like("app", "x")
	runs := func(c *cluster, node, name string, options ...option) {
		c.run(node, name, append(options, labelled("app", "x"))...)
	}
	one := func(c *cluster, options ...spreadOption) {
		c.wait("p", labelled("app", "x"), spreading(zoneKey, 1, x, options...))
	}
	minimum := func(n int32) spreadOption { return func(c *corev1.TopologySpreadConstraint) { c.MinDomains = &n } }
	affinityPolicy := func(p corev1.NodeInclusionPolicy) spreadOption {
		return func(c *corev1.TopologySpreadConstraint) { c.NodeAffinityPolicy = &p }
	}
	taintsPolicy := func(p corev1.NodeInclusionPolicy) spreadOption {
		return func(c *corev1.TopologySpreadConstraint) { c.NodeTaintsPolicy = &p }
	}
	judge(t, map[string]judgement{
		"skew": onNodes(func(c *cluster) { one(c); runs(c, "n2", "r") }, "n1", "n2",
			"topology spread: topology.kubernetes.io/zone b has 1 matching pods, and 2 with this one; the fewest are 0 in one of 2 domains"),
		"the pod counts if it matches": {
			given: func(c *cluster) {
				c.wait("p", spreading(zoneKey, 1, x))
				c.wait("q", labelled("app", "x"), spreading(zoneKey, 1, x))
				runs(c, "n2", "r")
			},
			good: func(c *cluster) { c.place("n2", "p"); c.place("n1", "q") },
			bad:  func(c *cluster) { c.place("n1", "p"); c.place("n2", "q") },
			want: "pod default/q on node n2: topology spread",
		},
		"node without the key": onNodes(func(c *cluster) { one(c); delete(c.node("n2").Labels, zoneKey) }, "n1", "n2",
			"topology spread: the node has no label"),
		"few domains": {
			given: func(c *cluster) { one(c, minimum(3)); runs(c, "n1", "r"); runs(c, "n2", "s") },
			good:  func(c *cluster) { c.offering("large").Labels[zoneKey] = "c"; c.buy("large", "p") },
			bad:   func(c *cluster) { c.place("n1", "p") },
			want:  "in one of 2 domains (minDomains 3)",
		},
		"nodes that the pod may not use are no domains": {
			given: func(c *cluster) {
				c.wait("p", labelled("app", "x"), spreading(zoneKey, 1, x), selecting(zoneKey, "b"))
				c.wait("q", labelled("app", "x"), spreading(zoneKey, 1, x, affinityPolicy(corev1.NodeInclusionPolicyIgnore)), selecting(zoneKey, "b"))
				c.run("n2", "r")
				c.s.Groups = nil
			},
			good: func(c *cluster) { c.place("n2", "p"); c.leave(plan.ReasonTopologySpread, "q") },
			bad:  func(c *cluster) { c.place("n2", "p", "q") },
			want: "pod default/q on node n2: topology spread",
		},
		"taints are ignored unless honoured": {
			given: func(c *cluster) {
				c.node("n1").Taints = []corev1.Taint{{Key: "t", Effect: corev1.TaintEffectNoSchedule}}
				one(c, taintsPolicy(corev1.NodeInclusionPolicyHonor))
				c.wait("q", labelled("app", "x"), spreading(zoneKey, 1, x))
				c.s.Groups = nil
			},
			good: func(c *cluster) { c.place("n2", "p"); c.leave(plan.ReasonTopologySpread, "q") },
			bad:  func(c *cluster) { c.place("n2", "p", "q") },
			want: "pod default/q on node n2: topology spread",
		},
		"pods that are going do not count": onNodes(func(c *cluster) {
			one(c)
			runs(c, "n1", "r", terminating())
			runs(c, "n2", "s")
		}, "n1", "n2", "topology spread"),
		"pods of other namespaces do not count": onNodes(func(c *cluster) {
			one(c)
			runs(c, "n1", "r", inNamespace("shop"))
			runs(c, "n2", "s")
		}, "n1", "n2", "topology spread"),
		"label keys": onNodes(func(c *cluster) {
			keys := func(c *corev1.TopologySpreadConstraint) { c.MatchLabelKeys = []string{"v"} }
			c.wait("p", labelled("app", "x"), labelled("v", "1"), spreading(zoneKey, 1, x, keys))
			runs(c, "n1", "r", labelled("v", "2"))
			runs(c, "n2", "s", labelled("v", "1"))
		}, "n1", "n2", "topology spread"),
		"new nodes are domains": {
			given: func(c *cluster) {
				c.s.Nodes = c.s.Nodes[:1]
				for _, name := range []string{"p", "q"} {
					c.wait(name, labelled("app", "x"), spreading(hostKey, 1, x), selecting(zoneKey, "b"))
				}
			},
			good: func(c *cluster) { c.buy("large", "p"); c.buy("large", "q") },
			bad:  func(c *cluster) { c.buy("large", "p", "q"); c.buy("large") },
			want: "topology spread",
		},
		"DaemonSets of new nodes count": {
			given: func(c *cluster) {
				c.s.Nodes = c.s.Nodes[:1]
				c.daemon("d", labelled("app", "x"))
				one(c)
			},
			good: func(c *cluster) { c.place("n1", "p") },
			bad:  func(c *cluster) { c.buy("large", "p") },
			want: "zone b has 1 matching pods",
		},
	}, verify.Plan)
}
