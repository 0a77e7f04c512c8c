package opening_test

import (
	"context"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// podCache is a cache whose changes a test makes by hand.
type podCache struct {
	cache.Cache
	cache.Informer
	handler toolscache.ResourceEventHandler
}

func (c *podCache) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return c, nil
}

func (c *podCache) AddEventHandler(handler toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	c.handler = handler
	return nil, nil
}
