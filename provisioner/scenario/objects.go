package scenario

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// object is an object of the Kubernetes API of the type T.
type object[T any] interface {
	*T
	metav1.Object
	runtime.Object
}

// takeObject decodes an object of the Kubernetes API; nil when something is wrong with it. A namespaced object without a namespace
// gets the default one.
func takeObject[T any, P object[T]](e *element, apiVersion, kind string, namespaced bool) P {
	o := P(new(T))
	if !e.decode((*T)(o)) {
		return nil
	}
	haveVersion, haveKind := o.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	switch {
	case haveKind != "" && haveKind != kind:
		e.wrong(fmt.Sprintf("the kind is %q: want %s here", haveKind, kind), "kind")
		return nil
	case haveVersion != "" && haveVersion != apiVersion:
		e.wrong(fmt.Sprintf("the apiVersion is %q: want %s", haveVersion, apiVersion), "apiVersion")
		return nil
	case o.GetName() == "":
		e.wrong(fmt.Sprintf("this %s has no name: add metadata.name", kind), "metadata", "name")
		return nil
	}
	if namespaced && o.GetNamespace() == "" {
		o.SetNamespace(metav1.NamespaceDefault)
	}
	o.SetManagedFields(nil) // long, and nobody asks
	e.unique(place{kind, o.GetNamespace(), o.GetName()}, "metadata", "name")
	return o
}

func takeNamespace(e *element) {
	if namespace := takeObject[corev1.Namespace](e, "v1", "Namespace", false); namespace != nil {
		s := &e.reader.scenario.Snapshot
		if s.Namespaces == nil {
			s.Namespaces = map[string]map[string]string{}
		}
		s.Namespaces[namespace.Name] = namespace.Labels
	}
}

func takeClaim(e *element) {
	if claim := takeObject[corev1.PersistentVolumeClaim](e, "v1", "PersistentVolumeClaim", true); claim != nil {
		storage := &e.reader.scenario.Snapshot.Storage
		storage.Claims = append(storage.Claims, claim)
	}
}

func takeVolume(e *element) {
	if volume := takeObject[corev1.PersistentVolume](e, "v1", "PersistentVolume", false); volume != nil {
		storage := &e.reader.scenario.Snapshot.Storage
		storage.Volumes = append(storage.Volumes, volume)
	}
}

func takeStorageClass(e *element) {
	class := takeObject[storagev1.StorageClass](e, "storage.k8s.io/v1", "StorageClass", false)
	if class == nil {
		return
	}
	if class.VolumeBindingMode == nil {
		class.VolumeBindingMode = new(storagev1.VolumeBindingImmediate) // as the API server sets it
	}
	storage := &e.reader.scenario.Snapshot.Storage
	storage.Classes = append(storage.Classes, class)
}
