package bootstrap

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	bootstrapapi "k8s.io/cluster-bootstrap/token/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
)

const (
	tokenIDLength     = 6
	tokenSecretLength = 16
	tokenAlphabet     = "0123456789abcdefghijklmnopqrstuvwxyz"
	// nodeTokenGroup is the group that kubeadm lets ask for kubelet certificates.
	nodeTokenGroup = bootstrapapi.BootstrapDefaultGroup + ":kubeadm:default-node-token"
)

// Tokens issues and withdraws the bootstrap tokens of machines. A token is a Secret in kube-system that the API server
// accepts as a login until it expires or is deleted. Its public half follows from the host name, so that a token is found
// again without any right to read or list Secrets.
type Tokens struct {
	// Client creates and deletes Secrets of kube-system.
	Client client.Client
	// Lifetime is how long a token may be used.
	Lifetime time.Duration
}

// Issue makes a token for one machine, "id.secret". An earlier token of the same machine is withdrawn.
func (t *Tokens) Issue(ctx context.Context, hostname string) (string, error) {
	id, secret := tokenID(hostname), randomText(tokenSecretLength)
	object := tokenSecret(hostname)
	object.Labels = map[string]string{v1alpha1.LabelManaged: "true", v1alpha1.LabelVPSieNode: hostname}
	object.Type = bootstrapapi.SecretTypeBootstrapToken
	object.StringData = map[string]string{
		bootstrapapi.BootstrapTokenIDKey:               id,
		bootstrapapi.BootstrapTokenSecretKey:           secret,
		bootstrapapi.BootstrapTokenExpirationKey:       time.Now().Add(t.Lifetime).UTC().Format(time.RFC3339),
		bootstrapapi.BootstrapTokenUsageSigningKey:     "true",
		bootstrapapi.BootstrapTokenUsageAuthentication: "true",
		bootstrapapi.BootstrapTokenExtraGroupsKey:      nodeTokenGroup,
		bootstrapapi.BootstrapTokenDescriptionKey:      "one-time token of machine " + hostname,
	}
	err := t.Client.Create(ctx, object.DeepCopy())
	if apierrors.IsAlreadyExists(err) { // of an earlier attempt: nobody can have used it, since nobody was told
		if err := t.Withdraw(ctx, hostname); err != nil {
			return "", err
		}
		err = t.Client.Create(ctx, object)
	}
	if err != nil {
		return "", fmt.Errorf("create bootstrap token for %s: %w", hostname, err)
	}
	return id + "." + secret, nil
}

// Withdraw deletes the token of a machine. It is no error when there is none.
func (t *Tokens) Withdraw(ctx context.Context, hostname string) error {
	if err := t.Client.Delete(ctx, tokenSecret(hostname)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete bootstrap token of %s: %w", hostname, err)
	}
	return nil
}

func tokenSecret(hostname string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: metav1.NamespaceSystem,
		Name:      bootstrapapi.BootstrapTokenSecretPrefix + tokenID(hostname),
	}}
}

// tokenID is the public half of the token of a machine.
func tokenID(hostname string) string {
	digest := sha256.Sum256([]byte(hostname))
	id := make([]byte, tokenIDLength)
	for i := range id {
		id[i] = tokenAlphabet[int(digest[i])%len(tokenAlphabet)]
	}
	return string(id)
}

func randomText(length int) string {
	random := make([]byte, length)
	text := make([]byte, 0, length)
	for len(text) < length {
		_, _ = rand.Read(random) // never fails: crypto/rand ends the process instead
		for _, b := range random {
			// 252 is the largest multiple of the alphabet's 36 letters below 256: above it, letters would not be equally likely.
			if b < 252 && len(text) < length {
				text = append(text, tokenAlphabet[int(b)%len(tokenAlphabet)])
			}
		}
	}
	return string(text)
}
