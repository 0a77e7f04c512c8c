package nodegroup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
)

func keySecret() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "vpsie-system", Name: "keys"},
		Data: map[string][]byte{
			"good": []byte("# ops\n" + publicKey + "\n"), "empty": []byte("# nobody\n"), "wrong": []byte(publicKey + "\nnonsense hunter2\n"),
			"private": []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n"),
		},
	}
}

func TestKeysOfASecretAreCheckedOnceItIsThere(t *testing.T) {
	const path = "spec.sshKeySecretRef"
	cases := map[string]struct {
		change  change
		warning string
		faults  []string
	}{
		"they are sound":        {secretRef("keys", "good"), "", nil},
		"a key is not there":    {secretRef("keys", "good", "bad"), "", []string{path + ".keys[1]: Invalid value: \"bad\": Secret vpsie-system/keys: it has no such key: add it, or use one of its keys (empty, good, private, wrong)"}},
		"a key holds nothing":   {secretRef("keys", "empty"), "", []string{path + ".keys[0]: Invalid value: \"empty\": Secret vpsie-system/keys: the key is empty"}},
		"a line is no key":      {secretRef("keys", "wrong"), "", []string{path + ".keys[0]: Invalid value: \"wrong\": Secret vpsie-system/keys: public key 2: it is not a public key"}},
		"a key is private":      {secretRef("keys", "private"), "", []string{path + ".keys[0]: Invalid value: \"private\": Secret vpsie-system/keys: it holds a private key"}},
		"the Secret is to come": {secretRef("later", "good"), path + ": Secret vpsie-system/later does not exist yet", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			warnings, err := nodegroup.Validator{References: build.API(keySecret())}.ValidateCreate(t.Context(), sound(c.change))
			if c.warning != "" {
				startWith(t, warnings, []string{c.warning})
			}
			var status apierrors.APIStatus
			switch {
			case len(c.faults) == 0 && err != nil:
				t.Errorf("refused: %v", err)
			case len(c.faults) > 0 && !errors.As(err, &status):
				t.Fatalf("error %v, want a refusal", err)
			}
			for _, fault := range c.faults {
				if !strings.Contains(err.Error(), fault) {
					t.Errorf("error %v, want %q in it", err, fault)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "c2VjcmV0")) {
				t.Errorf("the error tells what the Secret holds: %v", err)
			}
		})
	}
}

func TestASecretThatMayNotBeReadIsNobodysBusiness(t *testing.T) {
	refused := interceptor.NewClient(build.API(), interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, key.Name, nil)
		},
	})
	warnings, err := nodegroup.Validator{References: refused}.ValidateCreate(t.Context(), sound(secretRef("keys", "good")))
	if err != nil || len(warnings) != 0 {
		t.Errorf("warnings %q, %v: want none, as the controller checks it", warnings, err)
	}
}
