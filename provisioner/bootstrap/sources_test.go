package bootstrap_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
)

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

const privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n"

// given are the objects that groups of tests refer to.
func given() []client.Object {
	in := metav1.ObjectMeta{Namespace: build.Namespace}
	templates, keys := in, in
	templates.Name, keys.Name = "templates", "keys"
	elsewhere := metav1.ObjectMeta{Namespace: "other", Name: "elsewhere"}
	return []client.Object{
		&corev1.ConfigMap{ObjectMeta: templates, Data: map[string]string{
			"good": "#!/bin/sh\n# {{ .JoinToken }} {{ .own }}\n", "wrong": "#!/bin/sh\n{{ .Nope }}", "empty": " \n",
		}},
		&corev1.Secret{ObjectMeta: keys, Data: map[string][]byte{
			"admin": []byte("# admins\n" + adaKey + "\n" + graceKey + "\n"), "ops": []byte(graceKey + " again"),
			"none": []byte("# nobody\n"), "private": []byte(privateKey), "nonsense": []byte(adaKey + "\nc2VjcmV0\n"),
		}},
		&corev1.ConfigMap{ObjectMeta: elsewhere, Data: map[string]string{"good": "#!/bin/sh"}},
		&corev1.Secret{ObjectMeta: elsewhere, Data: map[string][]byte{"admin": []byte(adaKey)}},
	}
}

type change func(*v1alpha1.NodeGroupSpec)

func group(changes ...change) *v1alpha1.NodeGroup {
	group := build.NodeGroup("web").Obj()
	for _, change := range changes {
		change(&group.Spec)
	}
	return group
}

func templateRef(name, key string) change {
	return func(s *v1alpha1.NodeGroupSpec) {
		s.CloudInitTemplateRef = &v1alpha1.ConfigMapKeyReference{Name: name, Key: key}
	}
}

func secretRef(name string, keys ...string) change {
	return func(s *v1alpha1.NodeGroupSpec) {
		s.SSHKeySecretRef = &v1alpha1.SSHKeySecretReference{Name: name, Keys: keys}
	}
}

func publicKeys(lines ...string) change {
	return func(s *v1alpha1.NodeGroupSpec) { s.SSHPublicKeys = lines }
}

func variable(name, value string) change {
	return func(s *v1alpha1.NodeGroupSpec) {
		s.CloudInitVariables = map[string]v1alpha1.CloudInitVariable{name: v1alpha1.CloudInitVariable(value)}
	}
}

func inline(template string) change {
	return func(s *v1alpha1.NodeGroupSpec) { s.CloudInitTemplate = template }
}

func TestInputsAreGatheredFromTheGroupAndWhatItRefersTo(t *testing.T) {
	cases := map[string]struct {
		group *v1alpha1.NodeGroup
		want  bootstrap.Inputs
	}{
		"a plain group": {group(), bootstrap.Inputs{TemplateField: "spec.cloudInitTemplate", Variables: map[string]string{}}},
		"a template of its own": {
			group(inline("#!/bin/sh\n# {{ .own }}"), variable("own", "1")),
			bootstrap.Inputs{Template: "#!/bin/sh\n# {{ .own }}", TemplateField: "spec.cloudInitTemplate", Variables: map[string]string{"own": "1"}},
		},
		"a template by reference": {
			group(templateRef("templates", "good"), variable("own", "1")),
			bootstrap.Inputs{Template: "#!/bin/sh\n# {{ .JoinToken }} {{ .own }}\n", TemplateField: "spec.cloudInitTemplateRef", Variables: map[string]string{"own": "1"}},
		},
		"keys, each once, those of the spec first": {
			group(publicKeys(graceKey), secretRef("keys", "ops", "admin")),
			bootstrap.Inputs{TemplateField: "spec.cloudInitTemplate", Variables: map[string]string{}, SSHPublicKeys: []string{graceKey, adaKey}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := bootstrap.Sources{Reader: build.API(given()...)}.Resolve(t.Context(), c.group)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("inputs: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestWhatTheUserHasToMendIsNamedWithoutShowingIt(t *testing.T) {
	cases := map[string]struct {
		group *v1alpha1.NodeGroup
		want  []string // one fault each
	}{
		"no ConfigMap":                 {group(templateRef("nowhere", "good")), []string{"spec.cloudInitTemplateRef: ConfigMap default/nowhere does not exist: create it"}},
		"a ConfigMap of another space": {group(templateRef("elsewhere", "good")), []string{"spec.cloudInitTemplateRef: ConfigMap default/elsewhere does not exist"}},
		"no such key":                  {group(templateRef("templates", "Good")), []string{"spec.cloudInitTemplateRef.key: ConfigMap default/templates has no key Good: add it, or use one of its keys (empty, good, wrong)"}},
		"an empty key":                 {group(templateRef("templates", "empty")), []string{"spec.cloudInitTemplateRef.key: key empty of ConfigMap default/templates is empty: fill it"}},
		"a faulty template":            {group(templateRef("templates", "wrong")), []string{"spec.cloudInitTemplateRef: line 2: variable Nope is not defined"}},
		"a variable that is not given": {group(templateRef("templates", "good")), []string{"spec.cloudInitTemplateRef: line 2: variable own is not defined"}},
		"a faulty template inline":     {group(inline("{{")), []string{"spec.cloudInitTemplate: line 1: "}},
		"no Secret":                    {group(secretRef("nowhere", "admin")), []string{"spec.sshKeySecretRef: Secret default/nowhere does not exist: create it"}},
		"a Secret of another space":    {group(secretRef("elsewhere", "admin")), []string{"spec.sshKeySecretRef: Secret default/elsewhere does not exist"}},
		"several keys of a Secret": {
			group(secretRef("keys", "none", "admin", "nope", "private", "nonsense")),
			[]string{
				"spec.sshKeySecretRef.keys[0]: key none of Secret default/keys is empty: fill it",
				"spec.sshKeySecretRef.keys[2]: Secret default/keys has no key nope: add it, or use one of its keys (admin, none, nonsense, ops, private)",
				"spec.sshKeySecretRef.keys[3]: key private of Secret default/keys: it holds a private key",
				"spec.sshKeySecretRef.keys[4]: key nonsense of Secret default/keys: public key 2: it is not a public key",
			},
		},
		"public keys": {
			group(publicKeys(adaKey, "c2VjcmV0", privateKey)),
			[]string{"spec.sshPublicKeys[1]: it is not a public key", "spec.sshPublicKeys[2]: it holds a private key"},
		},
		"everything at once": {
			group(templateRef("nowhere", "good"), publicKeys("c2VjcmV0"), secretRef("nowhere", "admin")),
			[]string{"spec.cloudInitTemplateRef: ", "spec.sshPublicKeys[0]: ", "spec.sshKeySecretRef: "},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := bootstrap.Sources{Reader: build.API(given()...)}.Resolve(t.Context(), c.group)
			var invalid *bootstrap.InvalidError
			if !errors.As(err, &invalid) || len(invalid.Faults) != len(c.want) || !cmp.Equal(got, bootstrap.Inputs{}) {
				t.Fatalf("Resolve = %+v, %v; want %d faults", got, err, len(c.want))
			}
			for i, want := range c.want {
				if text := (&bootstrap.InvalidError{Faults: invalid.Faults[i : i+1]}).Error(); !strings.HasPrefix(text, want) {
					t.Errorf("fault %q, want one that starts with %q", text, want)
				}
			}
			if strings.Contains(err.Error(), "c2VjcmV0") {
				t.Errorf("the error shows what is in there: %v", err)
			}
		})
	}
}

func TestAnAPIThatFailsIsNotTheUsersFault(t *testing.T) {
	down := errors.New("the API server is away")
	for kind, api := range map[string]client.Reader{
		"ConfigMap": build.Failing(build.API(given()...), build.OnGet, &corev1.ConfigMap{}, down),
		"Secret":    build.Failing(build.API(given()...), build.OnGet, &corev1.Secret{}, down),
	} {
		_, err := bootstrap.Sources{Reader: api}.Resolve(t.Context(), group(templateRef("templates", "good"), variable("own", ""), secretRef("keys", "admin")))
		var invalid *bootstrap.InvalidError
		if !errors.Is(err, down) || errors.As(err, &invalid) || !strings.Contains(err.Error(), "read "+kind+" default/") {
			t.Errorf("%s: %v, want the failure and what was read", kind, err)
		}
	}
}

func TestAMissingRightIsTheUsersToGrant(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "keys", errors.New("no right"))
	api := build.Failing(build.API(given()...), build.OnGet, &corev1.Secret{}, forbidden)
	_, err := bootstrap.Sources{Reader: api}.Resolve(t.Context(), group(secretRef("keys", "admin")))
	var invalid *bootstrap.InvalidError
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "spec.sshKeySecretRef: Secret default/keys may not be read by the controller: let its service account get it") {
		t.Errorf("Resolve = %v, want a fault with the remedy", err)
	}
}

// A group that refers to nothing must work where the controller may read no ConfigMap and no Secret.
func TestAGroupWithoutReferencesReadsNothing(t *testing.T) {
	if _, err := (bootstrap.Sources{}).Resolve(t.Context(), group(inline("#!/bin/sh"), publicKeys(adaKey))); err != nil {
		t.Error(err)
	}
}
