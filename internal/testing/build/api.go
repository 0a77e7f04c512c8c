package build

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

// Scheme knows the kinds of Kubernetes and of the autoscaler.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
}

// API is an API server in memory that holds the objects. It does what controllers rely on and the plain fake leaves out: it gives
// new objects a UID and a time of creation, and refuses deletions and evictions whose UID precondition does not hold. It knows
// the fields that the controllers list by.
func API(objects ...client.Object) client.WithWatch {
	scheme := Scheme()
	return fake.NewClientBuilder().
		WithScheme(scheme).
		// Without field managers: nothing of ours applies on the server's side, and they take half of the time.
		WithObjectTracker(testing.NewObjectTracker(scheme, serializer.NewCodecFactory(scheme).UniversalDecoder())).
		WithStatusSubresource(&v1alpha1.NodeGroup{}, &v1alpha1.VPSieNode{}).
		WithIndex(&corev1.Pod{}, "spec.nodeName", func(object client.Object) []string { return []string{object.(*corev1.Pod).Spec.NodeName} }).
		WithObjects(objects...).
		WithInterceptorFuncs(interceptor.Funcs{Create: create, Delete: remove, SubResourceCreate: evict}).
		Build()
}

func create(ctx context.Context, api client.WithWatch, object client.Object, options ...client.CreateOption) error {
	if object.GetUID() == "" {
		object.SetUID(uuid.NewUUID())
	}
	if created := object.GetCreationTimestamp(); created.IsZero() {
		object.SetCreationTimestamp(metav1.Now())
	}
	return api.Create(ctx, object, options...)
}

func remove(ctx context.Context, api client.WithWatch, object client.Object, options ...client.DeleteOption) error {
	var merged client.DeleteOptions
	merged.ApplyOptions(options)
	if err := checkUID(ctx, api, object, merged.Preconditions); err != nil {
		return err
	}
	return api.Delete(ctx, object, options...)
}

func evict(ctx context.Context, api client.Client, name string, object, sub client.Object, options ...client.SubResourceCreateOption) error {
	if eviction, ok := sub.(*policyv1.Eviction); ok && eviction.DeleteOptions != nil {
		if err := checkUID(ctx, api, object, eviction.DeleteOptions.Preconditions); err != nil {
			return err
		}
	}
	return api.SubResource(name).Create(ctx, object, sub, options...)
}

// checkUID refuses a call that means another object of the same name, as the API server does.
func checkUID(ctx context.Context, api client.Reader, object client.Object, preconditions *metav1.Preconditions) error {
	if preconditions == nil || preconditions.UID == nil {
		return nil
	}
	present := object.DeepCopyObject().(client.Object)
	if err := api.Get(ctx, client.ObjectKeyFromObject(object), present); err != nil {
		return err
	}
	if present.GetUID() != *preconditions.UID {
		return conflict(object.GetName(), *preconditions.UID, present.GetUID())
	}
	return nil
}

func conflict(name string, want, got types.UID) error {
	return apierrors.NewConflict(schema.GroupResource{Resource: "objects"}, name, fmt.Errorf("the precondition names UID %s, the object has %s", want, got))
}
