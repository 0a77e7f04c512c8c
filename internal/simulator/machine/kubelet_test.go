package machine_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/machine"
)

// journal is a cloud.Report that remembers, and ends the machine at a step.
type journal struct {
	mu     sync.Mutex
	steps  []string
	errors []string
	endAt  string
	end    context.CancelFunc
}

func (j *journal) step(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = append(j.steps, name)
	if name == j.endAt {
		j.end()
	}
}

func (j *journal) Joined() { j.step("joined") }
func (j *journal) Ready()  { j.step("ready") }

func (j *journal) JoinFailed(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.errors = append(j.errors, err.Error())
}

// Kubelets that give up late, for what is expected to go well or to fail for good, and early, for what never mends.
var (
	patient = machine.Kubelet{RetryInterval: time.Millisecond, RetryTimeout: time.Minute}
	hasty   = machine.Kubelet{RetryInterval: 5 * time.Millisecond, RetryTimeout: 20 * time.Millisecond}
)

// play runs a machine until it is Ready or gives up.
func play(t *testing.T, kubelet machine.Kubelet, host cloud.Host) *journal {
	t.Helper()
	return playGuest(t, kubelet, host)
}

func playGuest(t *testing.T, guest cloud.Guest, host cloud.Host) *journal {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j := &journal{endAt: "ready", end: cancel}
	guest.Run(ctx, host, j)
	return j
}

func host(userData string) cloud.Host {
	plan, _ := catalogue.Datacenters[0].FindPlan("00000002-5a11-11f0-a000-000000000001") // 2 CPUs, 4096 MB, 80 GB
	return cloud.Host{Hostname: "Web-1", Plan: plan, InternalIP: "10.20.0.1", ExternalIP: "198.18.0.1", UserData: userData}
}

func TestMachineJoinsAndGetsReady(t *testing.T) {
	server := newAPIServer(t)
	j := play(t, patient, host(server.userData(server.pin(), `,
        taints: [{key: dedicated, effect: NoSchedule}],
        kubeletExtraArgs: [
          {name: node-labels, value: "pool=web,tier=front"},
          {name: kube-reserved, value: "cpu=100m,memory=256Mi"},
          {name: system-reserved, value: "memory=128Mi"},
          {name: eviction-hard, value: "memory.available<100Mi,nodefs.available<10%"},
          {name: provider-id, value: "vpsie://x"}]`)))

	if diff := cmp.Diff([]string{"joined", "ready"}, j.steps); diff != "" || len(j.errors) > 0 {
		t.Fatalf("errors %v, steps (-want +got):\n%s", j.errors, diff)
	}
	if want := "system:node:web-1 [system:nodes]"; server.nodeUser != want {
		t.Errorf("Node created by %q, want %q", server.nodeUser, want)
	}
	if got := server.csr.Spec.SignerName; got != "kubernetes.io/kube-apiserver-client-kubelet" {
		t.Errorf("signer %q", got)
	}
	node := server.node
	labels := map[string]string{
		"kubernetes.io/hostname": "web-1", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "pool": "web", "tier": "front",
	}
	if diff := cmp.Diff(labels, node.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]corev1.Taint{{Key: "dedicated", Effect: corev1.TaintEffectNoSchedule}}, node.Spec.Taints); diff != "" {
		t.Errorf("taints (-want +got):\n%s", diff)
	}
	if node.Name != "web-1" || node.Spec.ProviderID != "vpsie://x" || node.Annotations["kwok.x-k8s.io/node"] != "fake" {
		t.Errorf("name %q, provider ID %q, annotations %v", node.Name, node.Spec.ProviderID, node.Annotations)
	}
	if node.Status.NodeInfo.KubeletVersion != machine.Version {
		t.Errorf("kubelet version %q", node.Status.NodeInfo.KubeletVersion)
	}
	// 97 % of 4096 MiB are 4068474 KiB; less 256, 128 and 100 MiB that leaves 3572858 KiB.
	compareResources(t, "capacity", node.Status.Capacity, map[corev1.ResourceName]string{
		"cpu": "2", "memory": "4068474Ki", "ephemeral-storage": "80Gi", "pods": "110",
	})
	compareResources(t, "allocatable", node.Status.Allocatable, map[corev1.ResourceName]string{
		"cpu": "1900m", "memory": "3572858Ki", "ephemeral-storage": "72Gi", "pods": "110",
	})
	if got := status(node.Status.Conditions, corev1.NodeReady); got != corev1.ConditionFalse {
		t.Errorf("registered with Ready=%s, want False", got)
	}
	if patch := strings.Join(server.statuses, ""); !strings.Contains(patch, `"KubeletReady"`) || strings.Contains(patch, "nodeInfo") {
		t.Errorf("status patch %s, want a Ready condition and nothing but conditions", patch)
	}
	if server.count("POST /apis/coordination.k8s.io") == 0 {
		t.Error("no Lease was created")
	}
}

func compareResources(t *testing.T, what string, got corev1.ResourceList, want map[corev1.ResourceName]string) {
	t.Helper()
	texts := map[corev1.ResourceName]string{}
	for name, quantity := range got {
		texts[name] = quantity.String()
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func status(conditions []corev1.NodeCondition, kind corev1.NodeConditionType) corev1.ConditionStatus {
	for _, condition := range conditions {
		if condition.Type == kind {
			return condition.Status
		}
	}
	return "missing"
}

func TestMachineThatMustNotJoinStaysOut(t *testing.T) {
	const cluster = "GET /api/v1/namespaces/kube-public"
	tests := map[string]struct {
		breaks   func(*apiServer)
		userData func(*apiServer) string
		want     string
		looks    int // at cluster-info; 0 when any number will do

		neverMends bool // retried in vain
	}{
		"the authority is not the pinned one": {
			userData: func(s *apiServer) string { return s.userData("sha256:"+strings.Repeat("0", 64), "") },
			want:     "none of the hashes", looks: 1,
		},
		"somebody else signed cluster-info": {
			breaks: func(s *apiServer) { s.signedWith = "fedcba9876543210" },
			want:   "does not match the token", looks: 1,
		},
		"nobody signed cluster-info": {
			breaks: func(s *apiServer) { s.unsigned = true },
			want:   "no signature for token ID", neverMends: true,
		},
		"the server is away": {
			breaks: func(s *apiServer) { s.Close() },
			want:   "fetch cluster-info", neverMends: true,
		},
		"the certificate is denied": {
			breaks: func(s *apiServer) {
				s.decide = func(r *certificatesv1.CertificateSigningRequest) {
					r.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{
						{Type: certificatesv1.CertificateDenied, Message: "not you"},
					}
				}
			},
			want: "Denied: not you",
		},
		"nobody signs the certificate": {
			breaks: func(s *apiServer) { s.decide = func(*certificatesv1.CertificateSigningRequest) {} },
			want:   "not approved and signed", neverMends: true,
		},
		"a label is forbidden": {
			breaks: func(s *apiServer) {
				s.refuseNode = &metav1.Status{
					TypeMeta: typeMeta("v1", "Status"), Status: "Failure", Reason: metav1.StatusReasonForbidden, Code: 403, Message: "label",
				}
			},
			want: "register Node web-1: label",
		},
		"a flag is malformed": {
			userData: func(s *apiServer) string {
				return s.userData(s.pin(), `, kubeletExtraArgs: [{name: kube-reserved, value: "cpu=lots"}]`)
			},
			want: "kubelet flag kube-reserved",
		},
		"there is no user data": {
			userData: func(*apiServer) string { return "" },
			want:     "no user data",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := newAPIServer(t)
			userData := server.userData(server.pin(), "")
			if test.userData != nil {
				userData = test.userData(server)
			}
			if test.breaks != nil {
				test.breaks(server)
			}
			kubelet := patient
			if test.neverMends {
				kubelet = hasty
			}
			j := play(t, kubelet, host(userData))
			if len(j.steps) > 0 || len(j.errors) == 0 || !strings.Contains(j.errors[0], test.want) {
				t.Fatalf("steps %v, errors %v, want an error with %q", j.steps, j.errors, test.want)
			}
			if strings.Contains(strings.Join(j.errors, " "), tokenSecret) {
				t.Errorf("an error shows the token: %v", j.errors)
			}
			if looks := server.count(cluster); test.looks > 0 && looks != test.looks {
				t.Errorf("%d looks at cluster-info, want %d: a refusal that cannot mend is not retried", looks, test.looks)
			}
		})
	}
}

func TestMachineWithoutAddressHasNoNetwork(t *testing.T) {
	server := newAPIServer(t)
	lonely := host(server.userData(server.pin(), ""))
	lonely.InternalIP = ""
	if j := play(t, patient, lonely); len(j.errors) != 1 || !strings.Contains(j.errors[0], "without any address") {
		t.Errorf("errors %v", j.errors)
	}
	if server.count("GET") > 0 {
		t.Error("the machine reached the API server")
	}
}

func TestMissingSignatureIsWaitedFor(t *testing.T) {
	server := newAPIServer(t)
	server.unsigned = true
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j := &signer{journal: journal{endAt: "ready", end: cancel}, server: server}
	patient.Run(ctx, host(server.userData(server.pin(), "")), j)
	if diff := cmp.Diff([]string{"joined", "ready"}, j.steps); diff != "" || len(j.errors) == 0 {
		t.Errorf("errors %v, steps (-want +got):\n%s", j.errors, diff)
	}
}

// signer has cluster-info signed after the first failure; the machine makes no call while it reports.
type signer struct {
	journal
	server *apiServer
}

func (s *signer) JoinFailed(err error) {
	s.journal.JoinFailed(err)
	s.server.unsigned = false
}

func TestNodeThatExistsIsTakenOver(t *testing.T) {
	server := newAPIServer(t)
	server.refuseNode = &metav1.Status{
		TypeMeta: typeMeta("v1", "Status"), Status: "Failure", Reason: metav1.StatusReasonAlreadyExists, Code: 409,
	}
	j := play(t, patient, host(server.userData(server.pin(), "")))
	if diff := cmp.Diff([]string{"joined", "ready"}, j.steps); diff != "" {
		t.Fatalf("errors %v, steps (-want +got):\n%s", j.errors, diff)
	}
	if !strings.Contains(server.statuses[0], machine.Version) {
		t.Errorf("first status patch %s, want the whole status", server.statuses[0])
	}
}
