package webhook_test

import (
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, controlplane.Options{}))
}
