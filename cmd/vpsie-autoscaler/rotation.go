package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// verifyAgain is the time between two tries of new credentials while VPSie cannot tell whether they are good.
const verifyAgain = 10 * time.Second

// rotation takes new credentials from a Secret once VPSie has accepted them. What it cannot use it keeps out, and the old ones stay.
type rotation struct {
	secret  types.NamespacedName
	origin  string      // of vpsie.url
	secrets cache.Cache // holds nothing but the one Secret
	held    *vpsie.Rotating
	verify  func(context.Context, vpsie.Credentials) error
	meters  *telemetry.Metrics
	log     logr.Logger
}

// newRotation reads the Secret once, so that the first calls have credentials, and prepares to watch it. A Secret that is missing
// or wrong stops nothing: calls fail with a clear error until it is put right.
func (p *process) newRotation(meters *telemetry.Metrics) (*rotation, error) {
	settings := p.settings.VPSie
	name := types.NamespacedName{Namespace: cmp.Or(settings.SecretNamespace, p.settings.Cluster.Namespace), Name: settings.SecretName}
	secrets, err := cache.New(p.manager.GetConfig(), cache.Options{
		Scheme: p.manager.GetScheme(),
		Mapper: p.manager.GetRESTMapper(),
		ByObject: map[client.Object]cache.ByObject{&corev1.Secret{}: {
			Namespaces: map[string]cache.Config{name.Namespace: {}},
			Field:      fields.OneTermEqualSelector("metadata.name", name.Name),
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("make the cache of Secret %s: %w", name, err)
	}
	r := &rotation{
		secret: name, origin: settings.URL, secrets: secrets, held: &vpsie.Rotating{Name: "Secret " + name.String()},
		meters: meters, log: p.log.WithName("credentials").WithValues("secret", name.String()),
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	r.readOnce(ctx, p.manager.GetAPIReader())
	return r, nil
}

// readOnce takes the first credentials unseen: there are none yet that they could spoil.
func (r *rotation) readOnce(ctx context.Context, reader client.Reader) {
	var secret corev1.Secret
	err := reader.Get(ctx, r.secret, &secret)
	var first vpsie.Credentials
	if err == nil {
		first, err = credentialsOf(secret.Data, r.origin)
	}
	if err != nil {
		r.log.Error(err, "No VPSie credentials yet, the Secret is watched for them")
		return
	}
	r.held.Replace(first)
}

// NeedLeaderElection is false: a replica that becomes the leader has good credentials at once.
func (r *rotation) NeedLeaderElection() bool { return false }

// Start watches the Secret until the context ends.
func (r *rotation) Start(ctx context.Context) error {
	informer, err := r.secrets.GetInformer(ctx, &corev1.Secret{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watch Secret %s: %w", r.secret, err)
	}
	versions := make(chan map[string][]byte, 1)
	offer := func(object any) {
		secret, ok := object.(*corev1.Secret)
		if !ok {
			return
		}
		select { // only the newest version counts
		case <-versions:
		default:
		}
		versions <- secret.Data
	}
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    offer,
		UpdateFunc: func(_, object any) { offer(object) },
		DeleteFunc: func(any) { r.log.Info("The Secret is gone, its last credentials stay in use") },
	}); err != nil {
		return fmt.Errorf("watch Secret %s: %w", r.secret, err)
	}
	go r.run(ctx, versions)
	return r.secrets.Start(ctx)
}

// run tries each version of the Secret until the context ends.
func (r *rotation) run(ctx context.Context, versions <-chan map[string][]byte) {
	var untold vpsie.Credentials // on trial, without a verdict so far
	again := time.NewTimer(verifyAgain)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case data := <-versions:
			untold = r.consider(ctx, data)
		case <-again.C:
			if untold.Complete() {
				untold = r.try(ctx, untold)
			}
		}
		again.Reset(verifyAgain)
	}
}

// consider tries a version of the Secret, unless it holds what is in use.
func (r *rotation) consider(ctx context.Context, data map[string][]byte) (untold vpsie.Credentials) {
	fresh, err := credentialsOf(data, r.origin)
	if held, heldErr := r.held.Credentials(ctx); err == nil && heldErr == nil && held == fresh {
		return vpsie.Credentials{}
	}
	r.meters.CredentialAttempts.Inc()
	if err != nil {
		r.meters.CredentialFailures.Inc()
		r.log.Error(err, "New VPSie credentials cannot be used, the old ones stay")
		return vpsie.Credentials{}
	}
	return r.try(ctx, fresh)
}

// try replaces the credentials in use if VPSie accepts the new ones, and returns these when it cannot tell.
func (r *rotation) try(ctx context.Context, fresh vpsie.Credentials) (untold vpsie.Credentials) {
	err := r.verify(ctx, fresh)
	switch {
	case err == nil:
		r.held.Replace(fresh)
		r.meters.CredentialSuccesses.Inc()
		r.log.Info("New VPSie credentials are in use")
	case errors.Is(err, cloud.ErrUnauthorized):
		r.meters.CredentialFailures.Inc()
		r.log.Error(err, "VPSie refuses the new credentials, the old ones stay")
	default:
		r.log.Info("Cannot verify the new VPSie credentials yet", "reason", err.Error(), "again", verifyAgain.String())
		return fresh
	}
	return vpsie.Credentials{}
}
