package machine_test

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/machine"
)

// kubeconfig is a file that leads to the server.
func (s *apiServer) kubeconfig() string {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "kubeconfig")
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	err := clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"c": {Server: s.URL, CertificateAuthorityData: authority}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"admin": {Token: "admin-token"}},
		Contexts:       map[string]*clientcmdapi.Context{"x": {Cluster: "c", AuthInfo: "admin"}},
		CurrentContext: "x",
	}, file)
	if err != nil {
		s.t.Fatal(err)
	}
	return file
}

// playWorker runs a worker until it is Ready or gives up.
func playWorker(t *testing.T, server *apiServer, attempts machine.Kubelet, host cloud.Host) *journal {
	t.Helper()
	worker, err := machine.LoadWorker(server.kubeconfig(), attempts)
	if err != nil {
		t.Fatal(err)
	}
	return playGuest(t, worker, host)
}

func workerHost() cloud.Host {
	h := host("")
	h.Hostname, h.ClusterID = "HEL-Kubernetes-49ab-slave-11CC", "c1"
	return h
}

func TestWorkerJoinsWithoutUserDataLabelsTaintsOrProviderID(t *testing.T) {
	server := newAPIServer(t)
	j := playWorker(t, server, patient, workerHost())
	if diff := cmp.Diff([]string{"joined", "ready"}, j.steps); diff != "" || len(j.errors) > 0 {
		t.Fatalf("errors %v, steps (-want +got):\n%s", j.errors, diff)
	}
	node := server.node
	if node.Name != "hel-kubernetes-49ab-slave-11cc" || node.Spec.ProviderID != "" || len(node.Spec.Taints) != 0 || len(node.Labels) != 3 {
		t.Errorf("Node %s, provider ID %q, taints %v, labels %v", node.Name, node.Spec.ProviderID, node.Spec.Taints, node.Labels)
	}
	if server.count("POST /apis/certificates.k8s.io") != 0 || server.count("POST /apis/coordination.k8s.io") == 0 {
		t.Error("want a Lease and no request for a certificate")
	}
}

func TestWorkerThatMayNotJoinStaysOut(t *testing.T) {
	server := newAPIServer(t)
	server.refuseNode = &metav1.Status{
		TypeMeta: typeMeta("v1", "Status"), Status: "Failure", Reason: metav1.StatusReasonForbidden, Code: 403, Message: "not you",
	}
	if j := playWorker(t, server, patient, workerHost()); len(j.steps) > 0 || len(j.errors) != 1 || !strings.Contains(j.errors[0], "not you") {
		t.Errorf("steps %v, errors %v", j.steps, j.errors)
	}
	lonely := workerHost()
	lonely.InternalIP = ""
	if j := playWorker(t, server, patient, lonely); len(j.errors) != 1 || !strings.Contains(j.errors[0], "without any address") {
		t.Errorf("without address: steps %v, errors %v", j.steps, j.errors)
	}
}

func TestKubeconfigThatCannotBeReadIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := machine.LoadWorker(file, patient); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v, want one about %s", err, file)
	}
}
