package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// files copies the certificate from its Secret into the folder that the server reads. A volume of the Secret would do the same
// a minute later, and only inside the cluster.
type files struct {
	secrets cache.Cache // holds nothing but the one Secret
	dir     string
}

// addFiles adds the copying, and the cache it needs, to the manager.
func addFiles(mgr manager.Manager, opts Options) error {
	secrets, err := cache.New(mgr.GetConfig(), cache.Options{
		Scheme: mgr.GetScheme(),
		Mapper: mgr.GetRESTMapper(),
		ByObject: map[client.Object]cache.ByObject{&corev1.Secret{}: {
			Namespaces: map[string]cache.Config{opts.Namespace: {}},
			Field:      fields.OneTermEqualSelector("metadata.name", opts.SecretName),
		}},
	})
	if err != nil {
		return fmt.Errorf("make the cache of Secret %s/%s: %w", opts.Namespace, opts.SecretName, err)
	}
	return mgr.Add(&files{secrets: secrets, dir: opts.CertDir})
}

// NeedLeaderElection is false: every replica has a folder of its own.
func (f *files) NeedLeaderElection() bool { return false }

// Start copies every version of the Secret until the context ends.
func (f *files) Start(ctx context.Context) error {
	informer, err := f.secrets.GetInformer(ctx, &corev1.Secret{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watch the webhook's Secret: %w", err)
	}
	write := func(obj any) {
		if secret, ok := obj.(*corev1.Secret); ok {
			if err := writeCertificate(f.dir, secret.Data); err != nil {
				logf.FromContext(ctx).Error(err, "Cannot store the webhook's certificate")
			}
		}
	}
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    write,
		UpdateFunc: func(_, obj any) { write(obj) },
	}); err != nil {
		return fmt.Errorf("watch the webhook's Secret: %w", err)
	}
	return f.secrets.Start(ctx)
}

// writeCertificate makes the folder hold the certificate and key of the data, if the data has both.
func writeCertificate(dir string, data map[string][]byte) error {
	cert, key := data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey]
	if len(cert) == 0 || len(key) == 0 {
		return nil // the rotator has not filled the Secret yet
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the certificate: %w", err)
	}
	// The key goes first: the server reads both again when the certificate changes.
	return errors.Join(
		replace(filepath.Join(dir, corev1.TLSPrivateKeyKey), key),
		replace(filepath.Join(dir, corev1.TLSCertKey), cert),
	)
}

// replace makes the file have the content, so that a reader sees all of the old or all of the new one.
func replace(file string, content []byte) error {
	if present, err := os.ReadFile(file); err == nil && bytes.Equal(present, content) {
		return nil
	}
	fresh := file + ".new"
	if err := os.WriteFile(fresh, content, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}
