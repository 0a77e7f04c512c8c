package controlplanetest

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// eventuallyTimeout is long enough for a busy machine; a passing test does not use it up.
const (
	eventuallyTimeout  = time.Minute
	eventuallyInterval = 50 * time.Millisecond
)

// Namespace creates a namespace for one test and returns its name when pods can be created in it. It is deleted at
// the end of the test; the test does not wait until its contents are gone.
func (c *Cluster) Namespace(t testing.TB) string {
	t.Helper()
	template := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: namePrefix(t.Name())}}
	namespace, err := c.client.CoreV1().Namespaces().Create(t.Context(), template, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("create a namespace: %v", err)
	}
	t.Cleanup(func() {
		err := c.client.CoreV1().Namespaces().Delete(context.Background(), namespace.Name, metav1.DeleteOptions{})
		if err != nil {
			t.Errorf("delete namespace %s: %v", namespace.Name, err)
		}
	})
	// The API server refuses pods until kube-controller-manager has made the namespace's service account.
	Eventually(t, "the default service account of "+namespace.Name, func(ctx context.Context) error {
		_, err := c.client.CoreV1().ServiceAccounts(namespace.Name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	return namespace.Name
}

// Eventually calls check until it returns nil, and fails the test with its last error when that takes too long.
func Eventually(t testing.TB, what string, check func(context.Context) error) {
	t.Helper()
	last := errors.New("never checked")
	err := wait.PollUntilContextTimeout(t.Context(), eventuallyInterval, eventuallyTimeout, true,
		func(ctx context.Context) (bool, error) {
			last = check(ctx)
			return last == nil, nil
		})
	if err != nil {
		t.Fatalf("wait for %s: %v; last: %v", what, err, last)
	}
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// namePrefix turns the name of a test into the start of an object's name.
func namePrefix(test string) string {
	const longest = 40 // leaves room for the API server's suffix
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(test), "-"), "-")
	return strings.Trim(name[:min(len(name), longest)], "-") + "-"
}
