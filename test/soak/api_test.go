package soak

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/uuid"
	clientgotesting "k8s.io/client-go/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// newAPI is an API server in memory as build.API makes it, but without the book-keeping of field managers, which would take most of
// the time of so many lives.
func newAPI(objects ...client.Object) client.WithWatch {
	scheme := build.Scheme()
	return fake.NewClientBuilder().
		WithScheme(scheme).
		WithObjectTracker(clientgotesting.NewObjectTracker(scheme, serializer.NewCodecFactory(scheme).UniversalDecoder())).
		WithStatusSubresource(&v1alpha1.NodeGroup{}, &v1alpha1.VPSieNode{}).
		WithIndex(&corev1.Pod{}, "spec.nodeName", func(object client.Object) []string { return []string{object.(*corev1.Pod).Spec.NodeName} }).
		WithIndex(&v1alpha1.VPSieNode{}, "metadata.name", func(object client.Object) []string { return []string{object.GetName()} }).
		WithObjects(objects...).
		WithInterceptorFuncs(interceptor.Funcs{Create: create}).
		Build()
}

// create gives new objects a UID and a time of creation.
func create(ctx context.Context, api client.WithWatch, object client.Object, options ...client.CreateOption) error {
	object.SetUID(uuid.NewUUID())
	object.SetCreationTimestamp(metav1.Now())
	return api.Create(ctx, object, options...)
}
