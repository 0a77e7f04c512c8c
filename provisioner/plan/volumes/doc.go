// Package volumes says what the volumes of a pod ask of a node, as the plugins VolumeBinding, VolumeZone, VolumeRestrictions and
// NodeVolumeLimits of kube-scheduler 1.37 decide it. It is pure: a Catalog is built from the storage objects of a snapshot and never
// changes, and Catalog.Demand returns data that a planner compares with nodes.
//
// What the plugins look at and this package does not, because a snapshot does not hold it:
//
//   - CSIStorageCapacity objects: a driver that publishes them is taken to have room wherever its topology allows a volume.
//   - VolumeAttachments of no pod: a caller takes them off the node's attach limit.
//   - CSIDriver.spec.preventPodSchedulingIfMissing: a driver counts as installed on every node.
//   - The CSINode annotation that turns the node affinity of an in-tree volume into the topology of its CSI driver: the affinity is
//     compared as it was written.
package volumes
