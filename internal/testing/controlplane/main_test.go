package controlplane_test

import (
	"os"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

func TestMain(m *testing.M) {
	os.Exit(controlplanetest.Main(m, controlplane.Options{}))
}
