package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
)

const (
	// fieldManager owns what is applied.
	fieldManager = "local-control-plane"
	// servedTimeout bounds the wait for a custom resource to be served after its definition was applied.
	servedTimeout  = 30 * time.Second
	servedInterval = 50 * time.Millisecond
)

// ApplyFiles applies every document of the YAML files with server-side apply, in the order given. Objects of a
// namespaced kind that name no namespace go to "default". A custom resource may follow its definition directly.
func (c *Cluster) ApplyFiles(ctx context.Context, paths ...string) error {
	a, err := newApplier(c)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := a.applyFile(ctx, path); err != nil {
			return fmt.Errorf("apply %s: %w", path, err)
		}
	}
	return nil
}

type applier struct {
	client dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
}

func newApplier(c *Cluster) (*applier, error) {
	client, err := dynamic.NewForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("create a client for manifests: %w", err)
	}
	discovery, err := discovery.NewDiscoveryClientForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("create a discovery client: %w", err)
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(discovery))
	return &applier{client: client, mapper: mapper}, nil
}

func (a *applier) applyFile(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	decoder := yaml.NewYAMLOrJSONDecoder(file, 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("parse: %w", err)
		}
		if len(object.Object) == 0 {
			continue // a document of comments only
		}
		if err := a.apply(ctx, object); err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
}

func (a *applier) apply(ctx context.Context, object *unstructured.Unstructured) error {
	kind := object.GroupVersionKind()
	mapping, err := a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return err
	}
	var client dynamic.ResourceInterface = a.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		namespace := object.GetNamespace()
		if namespace == "" {
			namespace = metav1.NamespaceDefault
		}
		client = a.client.Resource(mapping.Resource).Namespace(namespace)
	}
	options := metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
	if _, err := client.Apply(ctx, object.GetName(), object, options); err != nil {
		return err
	}
	if kind.Kind == "CustomResourceDefinition" {
		return a.waitServed(ctx, object)
	}
	return nil
}

// waitServed returns when the API server serves every version of a custom resource that its definition tells it to.
func (a *applier) waitServed(ctx context.Context, definition *unstructured.Unstructured) error {
	versions, err := servedVersions(definition)
	if err != nil {
		return err
	}
	err = wait.PollUntilContextTimeout(ctx, servedInterval, servedTimeout, true, func(ctx context.Context) (bool, error) {
		for _, resource := range versions {
			// Discovery may run ahead of the handler, so only an answer of the resource itself counts.
			if _, err := a.client.Resource(resource).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("wait until %v are served: %w", versions, err)
	}
	a.mapper.Reset()
	return nil
}

func servedVersions(definition *unstructured.Unstructured) ([]schema.GroupVersionResource, error) {
	group, _, err := unstructured.NestedString(definition.Object, "spec", "group")
	if err != nil {
		return nil, err
	}
	plural, _, err := unstructured.NestedString(definition.Object, "spec", "names", "plural")
	if err != nil {
		return nil, err
	}
	versions, _, err := unstructured.NestedSlice(definition.Object, "spec", "versions")
	if err != nil {
		return nil, err
	}
	var served []schema.GroupVersionResource
	for _, v := range versions {
		version, ok := v.(map[string]any)
		if !ok || version["served"] != true {
			continue
		}
		name, _ := version["name"].(string)
		served = append(served, schema.GroupVersionResource{Group: group, Version: name, Resource: plural})
	}
	return served, nil
}
