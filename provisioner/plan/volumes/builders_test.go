package volumes_test

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

// world is what a catalog is made from.
type world struct {
	claims  []*corev1.PersistentVolumeClaim
	volumes []*corev1.PersistentVolume
	classes []*storagev1.StorageClass
}

func given(objects ...any) world {
	var w world
	for _, object := range objects {
		switch o := object.(type) {
		case *corev1.PersistentVolumeClaim:
			w.claims = append(w.claims, o)
		case *corev1.PersistentVolume:
			w.volumes = append(w.volumes, o)
		case *storagev1.StorageClass:
			w.classes = append(w.classes, o)
		}
	}
	return w
}

func (w world) demand(p *corev1.Pod) volumes.Demand {
	return volumes.NewCatalog(w.claims, w.volumes, w.classes).Demand(p)
}

// pod uses volumes that are given as the name of a claim or as a source.
func pod(sources ...any) *corev1.Pod {
	p := &corev1.Pod{}
	p.Namespace, p.Name, p.UID = "default", "app", "uid-app"
	for i, source := range sources {
		v := corev1.Volume{Name: "v" + string(rune('0'+i))}
		switch s := source.(type) {
		case string:
			v.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: s}
		case corev1.VolumeSource:
			v.VolumeSource = s
		}
		p.Spec.Volumes = append(p.Spec.Volumes, v)
	}
	return p
}

var ephemeral = corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}

// claim asks for 1Gi of class wait.
func claim(name string, options ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{}
	c.Namespace, c.Name, c.UID = "default", name, types.UID("uid-"+name)
	class := "wait"
	c.Spec.StorageClassName = &class
	c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	c.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	for _, option := range options {
		option(c)
	}
	return c
}

func boundTo(volume string) func(*corev1.PersistentVolumeClaim) {
	return func(c *corev1.PersistentVolumeClaim) {
		c.Spec.VolumeName, c.Status.Phase = volume, corev1.ClaimBound
		c.Annotations = map[string]string{"pv.kubernetes.io/bind-completed": "yes"}
	}
}

func ofClass(name string) func(*corev1.PersistentVolumeClaim) {
	return func(c *corev1.PersistentVolumeClaim) { c.Spec.StorageClassName = &name }
}

func ownedBy(p *corev1.Pod) func(*corev1.PersistentVolumeClaim) {
	return func(c *corev1.PersistentVolumeClaim) {
		isController := true
		c.OwnerReferences = []metav1.OwnerReference{{Kind: "Pod", Name: p.Name, UID: p.UID, Controller: &isController}}
	}
}

func storage(size string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}
}

// volume is an available volume of 1Gi and class wait, which driver csi.example.com attaches.
func volume(name string, options ...func(*corev1.PersistentVolume)) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{}
	v.Name = name
	v.Spec.StorageClassName, v.Spec.Capacity, v.Status.Phase = "wait", storage("1Gi"), corev1.VolumeAvailable
	v.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	v.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: "csi.example.com", VolumeHandle: "handle-" + name}
	for _, option := range options {
		option(v)
	}
	return v
}

func labelled(key, value string) func(*corev1.PersistentVolume) {
	return func(v *corev1.PersistentVolume) { v.Labels = map[string]string{key: value} }
}

func reachedBy(terms ...corev1.NodeSelectorTerm) func(*corev1.PersistentVolume) {
	return func(v *corev1.PersistentVolume) {
		v.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: terms}}
	}
}

// on makes a local volume of a node.
func on(host string) func(*corev1.PersistentVolume) { return reachedBy(in(corev1.LabelHostname, host)) }

func in(key string, values ...string) corev1.NodeSelectorTerm {
	return corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: corev1.NodeSelectorOpIn, Values: values}}}
}

// class waits for the first consumer and provisions with driver csi.example.com.
func class(name string, options ...func(*storagev1.StorageClass)) *storagev1.StorageClass {
	mode := storagev1.VolumeBindingWaitForFirstConsumer
	c := &storagev1.StorageClass{Provisioner: "csi.example.com", VolumeBindingMode: &mode}
	c.Name = name
	for _, option := range options {
		option(c)
	}
	return c
}

func provisionsNone(c *storagev1.StorageClass) { c.Provisioner = "kubernetes.io/no-provisioner" }

func allows(key string, values ...string) func(*storagev1.StorageClass) {
	return func(c *storagev1.StorageClass) {
		c.AllowedTopologies = append(c.AllowedTopologies, corev1.TopologySelectorTerm{
			MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: key, Values: values}}})
	}
}

// node has labels given as pairs.
func node(name string, labels ...string) *corev1.Node {
	n := &corev1.Node{}
	n.Name, n.Labels = name, map[string]string{corev1.LabelHostname: name}
	for pair := range slices.Chunk(labels, 2) {
		n.Labels[pair[0]] = pair[1]
	}
	return n
}

// admits reports whether all that a demand says of nodes holds for one.
func admits(d volumes.Demand, n *corev1.Node) bool {
	if d.Problem != "" {
		return false
	}
	for _, selector := range d.Terms {
		if ok, err := nodeaffinity.NewLazyErrorNodeSelector(selector).Match(n); !ok || err != nil {
			return false
		}
	}
	_, ok := d.Bind(n, nil)
	return ok
}
