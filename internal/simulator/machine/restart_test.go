package machine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

func TestRestartedMachineNeedsNoTokenAnyMore(t *testing.T) {
	server := newAPIServer(t)
	machine := host(server.userData(server.pin(), ""))
	machine.Disk = &cloud.Disk{}
	if j := play(t, patient, machine); len(j.steps) != 2 {
		t.Fatalf("first boot: steps %v, errors %v", j.steps, j.errors)
	}
	server.unsigned = true // the token is gone
	j := play(t, hasty, machine)
	if diff := cmp.Diff([]string{"joined", "ready"}, j.steps); diff != "" || len(j.errors) > 0 {
		t.Errorf("second boot: errors %v, steps (-want +got):\n%s", j.errors, diff)
	}
	if got := server.count("POST /apis/certificates.k8s.io"); got != 1 {
		t.Errorf("%d certificates requested, want 1", got)
	}
}

func TestMachineRunsItsScriptWhenItHasNoUserData(t *testing.T) {
	server := newAPIServer(t)
	machine := host("")
	machine.Script = "#!/bin/bash\nbase64 -d > /var/lib/cloud/seed/nocloud/user-data <<'USERDATA'\n" + server.userData(server.pin(), "") + "\nUSERDATA\n"
	if j := play(t, patient, machine); len(j.steps) != 2 || len(j.errors) > 0 {
		t.Errorf("steps %v, errors %v", j.steps, j.errors)
	}
	machine.Script = "#!/bin/bash\necho hello\n"
	if j := play(t, patient, machine); len(j.errors) != 1 || !strings.Contains(j.errors[0], "the script seeds no user data") {
		t.Errorf("without user data in it: steps %v, errors %v", j.steps, j.errors)
	}
}
