package build

import (
	"context"
	"reflect"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// Call is a call of an API server.
type Call string

// Calls that can be told to fail.
const (
	OnGet    Call = "get"
	OnList   Call = "list"
	OnCreate Call = "create"
	OnPatch  Call = "patch"
	OnDelete Call = "delete"
	OnStatus Call = "patch status"
	OnEvict  Call = "evict"
)

// Failing is the API server except that one call on one kind, that of the sample, fails with err and takes no effect.
func Failing(api client.WithWatch, call Call, sample any, err error) client.WithWatch {
	fails := func(this Call, object any) bool {
		return this == call && reflect.TypeOf(object) == reflect.TypeOf(sample)
	}
	return Watched(api, func(this Call, object any, act func() error) error {
		if fails(this, object) {
			return err
		}
		return act()
	})
}

// Watched is the API server with every call passed through a function, which decides whether to carry it out.
func Watched(api client.WithWatch, pass func(call Call, object any, act func() error) error) client.WithWatch {
	return interceptor.NewClient(api, interceptor.Funcs{
		Get: func(ctx context.Context, api client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			return pass(OnGet, object, func() error { return api.Get(ctx, key, object, options...) })
		},
		List: func(ctx context.Context, api client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			return pass(OnList, list, func() error { return api.List(ctx, list, options...) })
		},
		Create: func(ctx context.Context, api client.WithWatch, object client.Object, options ...client.CreateOption) error {
			return pass(OnCreate, object, func() error { return api.Create(ctx, object, options...) })
		},
		Patch: func(ctx context.Context, api client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			return pass(OnPatch, object, func() error { return api.Patch(ctx, object, patch, options...) })
		},
		Delete: func(ctx context.Context, api client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			return pass(OnDelete, object, func() error { return api.Delete(ctx, object, options...) })
		},
		SubResourcePatch: func(ctx context.Context, api client.Client, name string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
			return pass(OnStatus, object, func() error { return api.SubResource(name).Patch(ctx, object, patch, options...) })
		},
		SubResourceCreate: func(ctx context.Context, api client.Client, name string, object, sub client.Object, options ...client.SubResourceCreateOption) error {
			return pass(OnEvict, object, func() error { return api.SubResource(name).Create(ctx, object, sub, options...) })
		},
	})
}
