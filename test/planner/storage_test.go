package planner

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/test/verify"
)

const csi = "csi.example.com"

// claim adds a claim, and a volume that it is bound to unless it waits for its pod.
func (c *cluster) claim(name, class string, bound bool) (*corev1.PersistentVolumeClaim, *corev1.PersistentVolume) {
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
	claim.Spec.StorageClassName = &class
	claim.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	claim.Spec.Resources.Requests = list("storage", "1Gi")
	c.s.Storage.Claims = append(c.s.Storage.Claims, claim)
	if !bound {
		return claim, nil
	}
	v := c.volume("pv-"+name, class)
	v.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: csi, VolumeHandle: name}
	claim.Spec.VolumeName = v.Name
	claim.Annotations = map[string]string{"pv.kubernetes.io/bind-completed": "yes"}
	return claim, v
}

func (c *cluster) volume(name, class string) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}}
	v.Spec.StorageClassName = class
	v.Spec.Capacity, v.Spec.AccessModes = list("storage", "1Gi"), []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	v.Status.Phase = corev1.VolumeAvailable
	c.s.Storage.Volumes = append(c.s.Storage.Volumes, v)
	return v
}

// class adds a class whose claims wait for their pods.
func (c *cluster) class(name, provisioner string, zones ...string) *storagev1.StorageClass {
	mode := storagev1.VolumeBindingWaitForFirstConsumer
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisioner, VolumeBindingMode: &mode}
	if len(zones) > 0 {
		class.AllowedTopologies = []corev1.TopologySelectorTerm{{
			MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: zoneKey, Values: zones}}}}
	}
	c.s.Storage.Classes = append(c.s.Storage.Classes, class)
	return class
}

func onlyIn(zone string) *corev1.VolumeNodeAffinity {
	return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchExpressions: []corev1.NodeSelectorRequirement{{Key: zoneKey, Operator: corev1.NodeSelectorOpIn, Values: []string{zone}}}}}}}
}

func TestVerifierKnowsWhereVolumesAre(t *testing.T) {
	judge(t, map[string]judgement{
		"node affinity of a volume": onNodes(func(c *cluster) {
			_, v := c.claim("data", "any", true)
			v.Spec.NodeAffinity = onlyIn("a")
			c.wait("p", mounting("data"))
		}, "n1", "n2", "volumes: node affinity of volume pv-data"),
		"zone label of a volume": onNodes(func(c *cluster) {
			_, v := c.claim("data", "any", true)
			v.Labels = map[string]string{corev1.LabelFailureDomainBetaZone: "a__c"}
			c.wait("p", mounting("data"))
		}, "n1", "n2", "volume pv-data is in failure-domain.beta.kubernetes.io/zone a__c"),
		"a node without zones is let off": {
			given: func(c *cluster) {
				_, v := c.claim("data", "any", true)
				v.Labels = map[string]string{zoneKey: "c"}
				delete(c.node("n1").Labels, zoneKey)
				c.wait("p", mounting("data"))
			},
			good: func(c *cluster) { c.place("n1", "p") },
			bad:  func(c *cluster) { c.place("n2", "p") },
			want: "volume pv-data",
		},
		"allowed topologies of a class": onNodes(func(c *cluster) {
			c.class("wait", csi, "a", "c")
			c.claim("data", "wait", false)
			c.wait("p", mounting("data"))
		}, "n1", "n2", "allowed topologies of class wait"),
		"disks that exist": onNodes(func(c *cluster) {
			c.class("local", "kubernetes.io/no-provisioner")
			c.claim("data", "local", false)
			c.volume("disk", "local").Spec.NodeAffinity = onlyIn("a")
			c.wait("p", mounting("data"))
		}, "n1", "n2", "no volume of class local"),
		"two pods and one disk": {
			given: func(c *cluster) {
				c.class("local", "kubernetes.io/no-provisioner")
				c.claim("data", "local", false)
				c.claim("more", "local", false)
				c.volume("disk", "local").Spec.NodeAffinity = onlyIn("a")
				c.wait("p", mounting("data"))
				c.wait("q", mounting("more"))
			},
			good: func(c *cluster) { c.place("n1", "p"); c.leave(plan.ReasonVolumes, "q") },
			bad:  func(c *cluster) { c.place("n1", "p", "q") },
			want: "the 1 volumes that claim default/more could use are taken",
		},
		"two claims and one disk": {
			given: func(c *cluster) {
				c.class("local", "kubernetes.io/no-provisioner")
				c.claim("data", "local", false)
				c.claim("more", "local", false)
				c.volume("disk", "local").Spec.NodeAffinity = onlyIn("a")
				c.wait("p", mounting("data"), mounting("more"))
			},
			good: func(c *cluster) { c.leave(plan.ReasonVolumes, "p") },
			bad:  func(c *cluster) { c.place("n1", "p") },
			want: "no volume of class local",
		},
		"claim with a chosen node": onNodes(func(c *cluster) {
			c.class("wait", csi)
			claim, _ := c.claim("data", "wait", false)
			claim.Annotations = map[string]string{"volume.kubernetes.io/selected-node": "n1"}
			c.wait("p", mounting("data"))
		}, "n1", "n2", "provisioned for node n1"),
		"missing claim": unreachable(func(*cluster) {}, "claim default/data does not exist"),
		"lost claim": unreachable(func(c *cluster) {
			claim, _ := c.claim("data", "any", true)
			claim.Status.Phase = corev1.ClaimLost
		}, "is lost"),
		"claim that is being deleted": unreachable(func(c *cluster) {
			claim, _ := c.claim("data", "any", true)
			claim.DeletionTimestamp = new(metav1.Unix(1_767_000_000, 0))
		}, "is being deleted"),
		"claim without its volume": unreachable(func(c *cluster) {
			c.claim("data", "any", true)
			c.s.Storage.Volumes = nil
		}, "volume pv-data does not exist"),
		"claim that does not wait": unreachable(func(c *cluster) {
			c.claim("data", "now", false)
			c.class("now", csi).VolumeBindingMode = new(storagev1.VolumeBindingImmediate)
		}, "does not wait for its pod"),
		"claim of a class that is missing": unreachable(func(c *cluster) { c.claim("data", "none", false) }, "does not wait for its pod"),
		"claim that is not fully bound": unreachable(func(c *cluster) {
			claim, _ := c.claim("data", "any", true)
			claim.Annotations = nil
		}, "is not yet bound"),
		"somebody else's ephemeral claim": {
			given: func(c *cluster) {
				c.class("wait", csi)
				c.claim("p-v", "wait", false)
				c.wait("p", withVolume(corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}))
			},
			good: func(c *cluster) { c.leave(plan.ReasonVolumes, "p") },
			bad:  func(c *cluster) { c.place("n1", "p") },
			want: "not created for pod",
		},
	}, verify.Plan)
}

// unreachable is a judgement about a pod whose claim no node can help.
func unreachable(given func(*cluster), want string) judgement {
	return judgement{given: func(c *cluster) { given(c); c.wait("p", mounting("data")) }, want: want,
		good: func(c *cluster) { c.leave(plan.ReasonVolumes, "p") }, bad: func(c *cluster) { c.place("n1", "p") }}
}

func TestVerifierKnowsHowVolumesAreShared(t *testing.T) {
	limited := func(c *cluster, node string, limit int) { c.node(node).AttachLimits = map[string]int{csi: limit} }
	gce := func(readOnly bool) option {
		return withVolume(corev1.VolumeSource{GCEPersistentDisk: &corev1.GCEPersistentDiskVolumeSource{PDName: "disk", ReadOnly: readOnly}})
	}
	ebs := withVolume(corev1.VolumeSource{AWSElasticBlockStore: &corev1.AWSElasticBlockStoreVolumeSource{VolumeID: "disk", ReadOnly: true}})
	iscsi := withVolume(corev1.VolumeSource{ISCSI: &corev1.ISCSIVolumeSource{IQN: "iqn"}})
	rbd := func(monitors ...string) option {
		return withVolume(corev1.VolumeSource{RBD: &corev1.RBDVolumeSource{CephMonitors: monitors, RBDPool: "p", RBDImage: "i"}})
	}
	judge(t, map[string]judgement{
		"attach limit": onNodes(func(c *cluster) {
			limited(c, "n1", 2)
			limited(c, "n2", 1)
			c.claim("data", "any", true)
			c.claim("more", "any", true)
			c.run("n1", "r", mounting("more"))
			c.run("n2", "s", mounting("more"))
			c.wait("p", mounting("data"))
		}, "n1", "n2", "attach limit: 1 volumes of driver csi.example.com are attached, the pod adds 1, the limit is 1"),
		"a shared volume counts once": onNodes(func(c *cluster) {
			limited(c, "n1", 1)
			limited(c, "n2", 1)
			c.claim("data", "any", true)
			c.claim("more", "any", true)
			c.run("n1", "r", mounting("data"))
			c.run("n2", "s", mounting("more"))
			c.wait("p", mounting("data"))
		}, "n1", "n2", "attach limit"),
		"claims that wait count too": {
			given: func(c *cluster) {
				c.s.Nodes = nil
				c.group().AttachLimits = map[string]int{csi: 1}
				c.class("wait", csi)
				c.claim("data", "wait", false)
				c.claim("more", "wait", false)
				c.wait("p", mounting("data"))
				c.wait("q", mounting("more"))
			},
			good: func(c *cluster) { c.buy("small", "p"); c.buy("small", "q") },
			bad:  func(c *cluster) { c.buy("small", "p", "q") },
			want: "attach limit",
		},
		"ReadWriteOncePod": {
			given: func(c *cluster) {
				claim, _ := c.claim("data", "any", true)
				claim.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}
				c.wait("p", mounting("data"))
				c.wait("q", mounting("data"))
			},
			good: func(c *cluster) { c.place("n1", "p"); c.leave(plan.ReasonVolumes, "q") },
			bad:  func(c *cluster) { c.place("n1", "p"); c.place("n2", "q") },
			want: "ReadWriteOncePod: claim default/data",
		},
		"GCE disk": onNodes(func(c *cluster) { c.run("n1", "r", gce(true)); c.run("n2", "s", gce(false)); c.wait("p", gce(true)) },
			"n1", "n2", "GCE disk"),
		"EBS volume":   onNodes(func(c *cluster) { c.run("n2", "s", ebs); c.wait("p", ebs) }, "n1", "n2", "EBS volume"),
		"ISCSI target": onNodes(func(c *cluster) { c.run("n2", "s", iscsi); c.wait("p", iscsi) }, "n1", "n2", "ISCSI target"),
		"RBD image": onNodes(func(c *cluster) {
			c.run("n1", "r", rbd("m1"))
			c.run("n2", "s", rbd("m1", "m2"))
			c.wait("p", rbd("m2", "m3"))
		}, "n1", "n2", "RBD image"),
	}, verify.Plan)
}
