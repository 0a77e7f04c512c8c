package policies_test

import (
	"context"
	"os"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, controlplane.Options{}))
}

const (
	ours       = "vpsie-system"
	autoscaler = "system:serviceaccount:vpsie-system:vpsie-autoscaler-controller"
)

// as acts as a user who may do everything that no policy forbids.
func as(t *testing.T, cluster *controlplanetest.Cluster, user string, groups ...string) client.Client {
	t.Helper()
	config := cluster.Config()
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:masters", "system:authenticated")}
	acting, err := client.New(config, client.Options{Scheme: build.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return acting
}

// ourNamespace makes the namespace of the autoscaler, which the tests share.
func ourNamespace(t *testing.T, cluster *controlplanetest.Cluster) {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ours}}
	if _, err := cluster.Client().CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	controlplanetest.Eventually(t, "the service account of "+ours, func(ctx context.Context) error {
		_, err := cluster.Client().CoreV1().ServiceAccounts(ours).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
