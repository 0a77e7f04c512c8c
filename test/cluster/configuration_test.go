package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestSchedulerConfigurationOfTheCallerIsConnectedAndOtherwiseKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scheduler.yaml")
	content := `
kind: KubeSchedulerConfiguration
clientConnection: {kubeconfig: /etc/kubernetes/scheduler.conf, qps: 7}
leaderElection: {leaderElect: true, resourceName: mine}
profiles: [{schedulerName: mine}]
`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}

	got, err := schedulerConfiguration(path, "/here/scheduler.conf")
	if err != nil {
		t.Fatal(err)
	}

	var config struct {
		ClientConnection struct {
			Kubeconfig string
			QPS        int
		}
		LeaderElection struct {
			LeaderElect  bool
			ResourceName string
		}
		Profiles []struct{ SchedulerName string }
	}
	if err := yaml.Unmarshal(got, &config); err != nil {
		t.Fatal(err)
	}
	if config.ClientConnection.Kubeconfig != "/here/scheduler.conf" || config.ClientConnection.QPS != 7 {
		t.Errorf("clientConnection is %+v, want the new kubeconfig and the old qps", config.ClientConnection)
	}
	if config.LeaderElection.LeaderElect || config.LeaderElection.ResourceName != "mine" {
		t.Errorf("leaderElection is %+v, want it off and its name kept", config.LeaderElection)
	}
	if len(config.Profiles) != 1 || config.Profiles[0].SchedulerName != "mine" {
		t.Errorf("profiles are %+v, want the caller's", config.Profiles)
	}
}

func TestEveryNodeStageOfKwokSparesNodesWithTheirOwnKubelet(t *testing.T) {
	content, err := kwokStages()
	if err != nil {
		t.Fatal(err)
	}
	nodes := 0
	for document := range strings.SplitSeq(string(content), "---\n") {
		if !strings.Contains(document, "kind: Node\n") {
			continue
		}
		nodes++
		if !strings.Contains(document, `.metadata.annotations["vpsie-sim/kubelet"]`) {
			t.Errorf("stage would change a node with its own kubelet:\n%s", document)
		}
	}
	if nodes == 0 {
		t.Error("no stage makes bare nodes ready")
	}
}

func TestPortsAreReservedAgainstOtherControlPlanes(t *testing.T) {
	seen := map[int]bool{}
	for range 3 { // control planes
		p := &ports{}
		t.Cleanup(func() { p.release() })
		for range 50 {
			port, err := p.take()
			if err != nil {
				t.Fatal(err)
			}
			if seen[port] {
				t.Errorf("port %d was given twice", port)
			}
			seen[port] = true
		}
	}
}
