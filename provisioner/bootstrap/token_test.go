package bootstrap_test

import (
	"errors"
	"maps"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
)

func secrets(t *testing.T, api client.Reader) []corev1.Secret {
	t.Helper()
	var list corev1.SecretList
	if err := api.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func TestTokenIsASecretThatTheAPIServerTakesAsALoginForOneMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := build.API()
		tokens := bootstrap.Tokens{Client: api, Lifetime: 15 * time.Minute}
		token, err := tokens.Issue(t.Context(), "web-1")
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^[a-z0-9]{6}\.[a-z0-9]{16}$`).MatchString(token) {
			t.Fatalf("token %q is not in the form that kubeadm accepts", token)
		}
		found := secrets(t, api)
		if len(found) != 1 {
			t.Fatalf("%d Secrets, want 1", len(found))
		}
		secret := found[0]
		if secret.Namespace != metav1.NamespaceSystem || secret.Name != "bootstrap-token-"+token[:6] || secret.Type != "bootstrap.kubernetes.io/token" {
			t.Errorf("Secret %s/%s of type %s", secret.Namespace, secret.Name, secret.Type)
		}
		data := maps.Clone(secret.StringData)
		delete(data, "description")
		want := map[string]string{
			"token-id": token[:6], "token-secret": token[7:], "expiration": "2000-01-01T00:15:00Z",
			"usage-bootstrap-signing": "true", "usage-bootstrap-authentication": "true",
			"auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
		}
		if diff := cmp.Diff(want, data); diff != "" {
			t.Errorf("Secret (-want +got):\n%s", diff)
		}
	})
}

func TestAnotherTokenOfTheSameMachineReplacesTheFirst(t *testing.T) {
	api := build.API()
	tokens := bootstrap.Tokens{Client: api, Lifetime: time.Minute}
	first, err := tokens.Issue(t.Context(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := tokens.Issue(t.Context(), "web-1")
	if err != nil {
		t.Fatal(err)
	}
	if first == second || first[:6] != second[:6] {
		t.Errorf("tokens %s and %s: want the same public half and another secret", first, second)
	}
	if found := secrets(t, api); len(found) != 1 || found[0].StringData["token-secret"] != second[7:] {
		t.Errorf("%d Secrets, want the second token alone", len(found))
	}
}

func TestMachinesHaveTokensOfTheirOwn(t *testing.T) {
	api := build.API()
	tokens := bootstrap.Tokens{Client: api, Lifetime: time.Minute}
	for _, hostname := range []string{"web-1", "web-2"} {
		if _, err := tokens.Issue(t.Context(), hostname); err != nil {
			t.Fatal(err)
		}
	}
	if err := tokens.Withdraw(t.Context(), "web-1"); err != nil {
		t.Fatal(err)
	}
	if found := secrets(t, api); len(found) != 1 || found[0].Labels["autoscaler.vpsie.com/vpsienode"] != "web-2" {
		t.Errorf("Secrets %v, want that of web-2 alone", found)
	}
	if err := tokens.Withdraw(t.Context(), "web-1"); err != nil {
		t.Errorf("withdrawing a token that is gone: %v", err)
	}
}

func TestTokenIsNotGivenOutWhenItsSecretCannotBeWritten(t *testing.T) {
	refused := errors.New("refused")
	api := build.Failing(build.API(), build.OnCreate, &corev1.Secret{}, refused)
	tokens := bootstrap.Tokens{Client: api, Lifetime: time.Minute}
	if token, err := tokens.Issue(t.Context(), "web-1"); !errors.Is(err, refused) || token != "" {
		t.Errorf("Issue = %q, %v; want the refusal and no token", token, err)
	}
}
