package managed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// clusterAnnotation tells people, and the ledger, which cluster a ConfigMap is about.
const clusterAnnotation = "autoscaler.vpsie.com/managed-cluster"

// configMapLedger keeps the book in one ConfigMap, an entry a key.
type configMapLedger struct {
	api       client.Client
	key       client.ObjectKey
	clusterID string
}

// ConfigMapName is the name of the ConfigMap that holds the book of a managed cluster.
func ConfigMapName(clusterID string) string {
	digest := sha256.Sum256([]byte(clusterID))
	return "vpsie-managed-" + hex.EncodeToString(digest[:])[:10]
}

// NewConfigMapLedger makes a ledger in the ConfigMap ConfigMapName(clusterID) of a namespace. The client must read from the API
// server and not from a cache: an order that a cache does not show yet would be placed twice.
func NewConfigMapLedger(api client.Client, namespace, clusterID string) Ledger {
	return configMapLedger{api: api, key: client.ObjectKey{Namespace: namespace, Name: ConfigMapName(clusterID)}, clusterID: clusterID}
}

// Load implements Ledger. A ConfigMap that cannot be read whole is an error: an entry that is left out is a worker that is lost.
func (l configMapLedger) Load(ctx context.Context) (Book, error) {
	book := Book{Entries: map[string]Entry{}}
	var object corev1.ConfigMap
	switch err := l.api.Get(ctx, l.key, &object); {
	case apierrors.IsNotFound(err):
		return book, nil
	case err != nil:
		return Book{}, fmt.Errorf("read ConfigMap %s: %w", l.key, err)
	case object.Annotations[clusterAnnotation] != l.clusterID:
		return Book{}, fmt.Errorf("ConfigMap %s is about cluster %q and not %q: restore its annotation %s, or rename it",
			l.key, object.Annotations[clusterAnnotation], l.clusterID, clusterAnnotation)
	}
	book.Version = object.ResourceVersion
	for hostname, content := range object.Data {
		var entry Entry
		if err := json.Unmarshal([]byte(content), &entry); err != nil {
			return Book{}, fmt.Errorf("ConfigMap %s, key %s: %w: repair it, or remove the key and then the worker by hand", l.key, hostname, err)
		}
		book.Entries[hostname] = entry
	}
	return book, nil
}

// Save implements Ledger.
func (l configMapLedger) Save(ctx context.Context, book Book) error {
	object := corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: l.key.Namespace, Name: l.key.Name, ResourceVersion: book.Version,
			Annotations: map[string]string{clusterAnnotation: l.clusterID},
			Labels:      map[string]string{"app.kubernetes.io/managed-by": "vpsie-autoscaler"},
		},
		Data: map[string]string{},
	}
	for hostname, entry := range book.Entries {
		content, err := json.Marshal(entry)
		if err != nil {
			return fmt.Errorf("write down the order of %s: %w", hostname, err)
		}
		object.Data[hostname] = string(content)
	}
	write := func() error { return l.api.Update(ctx, &object) }
	if book.Version == "" {
		write = func() error { return l.api.Create(ctx, &object) }
	}
	switch err := write(); {
	case err == nil:
		return nil
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err), apierrors.IsNotFound(err) && book.Version != "":
		return fmt.Errorf("write ConfigMap %s: %w", l.key, ErrConflict)
	default:
		return fmt.Errorf("write ConfigMap %s: %w", l.key, err)
	}
}
