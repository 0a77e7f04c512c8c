// Package examples_test keeps docs/examples true: every file is accepted by the schema and by the webhook, renders, and boots a
// simulated machine that joins as the NodeGroup says.
package examples_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// root is the repository, seen from this folder.
const root = "../.."

// example is a file of docs/examples.
type example struct {
	objects []client.Object
	group   *v1alpha1.NodeGroup // its NodeGroup
	raw     []byte              // and that as it is written
}

// files are the names of the examples.
func files(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "docs/examples/*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no example found: %v", err)
	}
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = filepath.Base(path)
	}
	return names
}

// load reads an example. A field that no type has, and a kind that nobody knows, fail the test.
func load(t *testing.T, name string) example {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "docs/examples", name))
	if err != nil {
		t.Fatal(err)
	}
	decoder := serializer.NewCodecFactory(build.Scheme(), serializer.EnableStrict).UniversalDeserializer()
	var found example
	for _, document := range documents(t, content) {
		object, _, err := decoder.Decode(document, nil, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch typed := object.(type) {
		case *v1alpha1.NodeGroup:
			if found.group != nil {
				t.Fatalf("%s has two NodeGroups: the tests know one", name)
			}
			found.group, found.raw = typed, document
		case *corev1.Secret: // as the API server stores it
			for key, value := range typed.StringData {
				if typed.Data == nil {
					typed.Data = map[string][]byte{}
				}
				typed.Data[key] = []byte(value)
			}
		}
		found.objects = append(found.objects, object.(client.Object))
	}
	if found.group == nil {
		t.Fatalf("%s has no NodeGroup", name)
	}
	return found
}

func documents(t *testing.T, content []byte) [][]byte {
	t.Helper()
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	var all [][]byte
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, document)
	}
}

// allows reports whether a role of an example lets the controller get a Secret and nothing else.
func (e example) allows(secret string) bool {
	for _, object := range e.objects {
		role, ok := object.(*rbacv1.Role)
		if !ok || role.Namespace != e.group.Namespace || len(role.Rules) != 1 {
			continue
		}
		rule := role.Rules[0]
		one := func(list []string, want string) bool { return len(list) == 1 && list[0] == want }
		if one(rule.APIGroups, "") && one(rule.Resources, "secrets") && one(rule.ResourceNames, secret) && one(rule.Verbs, "get") && e.binds(role) {
			return true
		}
	}
	return false
}

// binds reports whether the controller has a role.
func (e example) binds(role *rbacv1.Role) bool {
	controller := rbacv1.Subject{Kind: "ServiceAccount", Name: "vpsie-autoscaler-controller", Namespace: "vpsie-system"}
	for _, object := range e.objects {
		binding, ok := object.(*rbacv1.RoleBinding)
		if ok && binding.Namespace == role.Namespace && binding.RoleRef.Kind == "Role" && binding.RoleRef.Name == role.Name && slices.Contains(binding.Subjects, controller) {
			return true
		}
	}
	return false
}
