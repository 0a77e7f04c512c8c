package volumes_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

func TestDisksThatPodsOfANodeCannotShare(t *testing.T) {
	gce := func(name string, readOnly bool) corev1.VolumeSource {
		return corev1.VolumeSource{GCEPersistentDisk: &corev1.GCEPersistentDiskVolumeSource{PDName: name, ReadOnly: readOnly}}
	}
	ebs := func(id string) corev1.VolumeSource {
		return corev1.VolumeSource{AWSElasticBlockStore: &corev1.AWSElasticBlockStoreVolumeSource{VolumeID: id, ReadOnly: true}}
	}
	iscsi := func(iqn string, readOnly bool) corev1.VolumeSource {
		return corev1.VolumeSource{ISCSI: &corev1.ISCSIVolumeSource{IQN: iqn, ReadOnly: readOnly}}
	}
	rbd := func(image string, readOnly bool, monitors ...string) corev1.VolumeSource {
		return corev1.VolumeSource{RBD: &corev1.RBDVolumeSource{CephMonitors: monitors, RBDPool: "pool", RBDImage: image, ReadOnly: readOnly}}
	}
	tests := map[string]struct {
		a, b *corev1.Pod
		want bool
	}{
		"another disk":                {pod(gce("x", false)), pod(gce("y", false)), false},
		"the same disk":               {pod(gce("x", false)), pod(gce("x", false)), true},
		"only one reads only":         {pod(gce("x", true)), pod(gce("x", false)), true},
		"both read only":              {pod(gce("x", true)), pod(gce("x", true)), false},
		"one reads, and writes too":   {pod(gce("x", true), gce("x", false)), pod(gce("x", true)), true},
		"EBS, read only":              {pod(ebs("x")), pod(ebs("x")), true},
		"disks of two kinds":          {pod(ebs("x")), pod(gce("x", false)), false},
		"iSCSI":                       {pod(iscsi("x", false)), pod(iscsi("x", true)), true},
		"iSCSI, read only":            {pod(iscsi("x", true)), pod(iscsi("x", true)), false},
		"RBD with a common monitor":   {pod(rbd("i", false, "m1", "m2")), pod(rbd("i", true, "m2", "m3")), true},
		"RBD, read only":              {pod(rbd("i", true, "m1")), pod(rbd("i", true, "m1")), false},
		"RBD with other monitors":     {pod(rbd("i", false, "m1")), pod(rbd("i", false, "m2")), false},
		"another image":               {pod(rbd("i", false, "m1")), pod(rbd("j", false, "m1")), false},
		"RBD without monitors":        {pod(rbd("i", false)), pod(rbd("i", false)), false},
		"any of several":              {pod(gce("x", false), ebs("e")), pod(iscsi("q", false), ebs("e")), true},
		"names that only look alike":  {pod(rbd("i", false, `m"pool`)), pod(rbd("i", false, "m")), false},
		"the same disk, no pod of it": {pod(gce("x", false)), pod(), false},
	}
	conflict := func(a, b volumes.Demand) bool {
		for _, x := range a.NodeExclusive {
			for _, y := range b.NodeExclusive {
				if x.Conflicts(y) {
					return true
				}
			}
		}
		return false
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, b := given().demand(test.a), given().demand(test.b)
			if conflict(a, b) != test.want || conflict(b, a) != test.want {
				t.Errorf("conflict of %v and %v: got %t and back %t, want %t", a.NodeExclusive, b.NodeExclusive, conflict(a, b), conflict(b, a), test.want)
			}
		})
	}
}
