package volumes

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// Disk is a disk that a pod names itself, without a claim, and that pods of one node cannot share freely.
type Disk struct {
	// ID tells disks apart. An RBD image has one for each of its monitors, since kube-scheduler takes images for the same when they
	// share a monitor.
	ID string
	// ReadOnly disks can be shared with pods that use them read-only too. EBS volumes are never read-only here: no two pods of a node
	// may use the same one.
	ReadOnly bool
}

// Conflicts reports whether two pods with these disks cannot run on the same node.
func (d Disk) Conflicts(other Disk) bool {
	return d.ID == other.ID && !(d.ReadOnly && other.ReadOnly)
}

// disks notes the disks of a pod's volume.
func (r *reading) disks(v *corev1.VolumeSource) {
	if gce := v.GCEPersistentDisk; gce != nil {
		r.disk(Disk{ID: "gce " + gce.PDName, ReadOnly: gce.ReadOnly})
	}
	if aws := v.AWSElasticBlockStore; aws != nil {
		r.disk(Disk{ID: "aws " + aws.VolumeID})
	}
	if iscsi := v.ISCSI; iscsi != nil {
		r.disk(Disk{ID: "iscsi " + iscsi.IQN, ReadOnly: iscsi.ReadOnly})
	}
	if rbd := v.RBD; rbd != nil {
		for _, monitor := range rbd.CephMonitors {
			// Quoted, because any of the three may contain what stands between them.
			id := "rbd " + strconv.Quote(monitor) + strconv.Quote(rbd.RBDPool) + strconv.Quote(rbd.RBDImage)
			r.disk(Disk{ID: id, ReadOnly: rbd.ReadOnly})
		}
	}
}

// disk adds a disk. One that the pod uses twice is read-only when both uses are.
func (r *reading) disk(d Disk) {
	for i := range r.demand.NodeExclusive {
		if known := &r.demand.NodeExclusive[i]; known.ID == d.ID {
			known.ReadOnly = known.ReadOnly && d.ReadOnly
			return
		}
	}
	r.demand.NodeExclusive = append(r.demand.NodeExclusive, d)
}
