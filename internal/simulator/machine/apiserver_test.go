package machine_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/cluster-bootstrap/token/jws"
)

const (
	tokenID     = "abcdef"
	tokenSecret = "0123456789abcdef"
)

// apiServer answers the calls that joining needs and records what it was told. Its fields may be changed before the first call.
type apiServer struct {
	*httptest.Server
	t *testing.T

	unsigned   bool                                            // cluster-info has no signature
	signedWith string                                          // secret of the token that signs cluster-info
	decide     func(*certificatesv1.CertificateSigningRequest) // nil approves
	refuseNode *metav1.Status                                  // answer to the creation of a Node

	mu       sync.Mutex
	calls    []string
	csr      *certificatesv1.CertificateSigningRequest
	node     *corev1.Node
	statuses []string // bodies of patches of the Node's status
	nodeUser string   // who created the Node
}

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{t: t, signedWith: tokenSecret}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/namespaces/kube-public/configmaps/cluster-info", s.clusterInfo)
	mux.HandleFunc("POST /apis/certificates.k8s.io/v1/certificatesigningrequests", s.createCSR)
	mux.HandleFunc("GET /apis/certificates.k8s.io/v1/certificatesigningrequests/csr-1", s.readCSR)
	mux.HandleFunc("POST /api/v1/nodes", s.createNode)
	mux.HandleFunc("GET /api/v1/nodes/{name}", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, s.node) })
	mux.HandleFunc("PATCH /api/v1/nodes/{name}/status", s.patchStatus)
	mux.HandleFunc("PATCH /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 404, metav1.Status{TypeMeta: typeMeta("v1", "Status"), Status: "Failure", Reason: metav1.StatusReasonNotFound, Code: 404})
	})
	mux.HandleFunc("POST /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.Copy(w, r.Body)
	})
	s.Server = httptest.NewUnstartedServer(s.recorded(mux))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *apiServer) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.calls = append(s.calls, r.Method+" "+r.URL.Path)
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// count is how many calls began with the text.
func (s *apiServer) count(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.calls {
		if strings.HasPrefix(c, call) {
			n++
		}
	}
	return n
}

// pin is the hash of the server's certificate authority, which is its own certificate.
func (s *apiServer) pin() string {
	sum := sha256.Sum256(s.Certificate().RawSubjectPublicKeyInfo)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (s *apiServer) clusterInfo(w http.ResponseWriter, _ *http.Request) {
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	kubeconfig, err := clientcmd.Write(clientcmdapi.Config{Clusters: map[string]*clientcmdapi.Cluster{
		"": {Server: s.URL, CertificateAuthorityData: authority},
	}})
	if err != nil {
		s.t.Error(err)
	}
	data := map[string]string{"kubeconfig": string(kubeconfig)}
	if !s.unsigned {
		data["jws-kubeconfig-"+tokenID], err = jws.ComputeDetachedSignature(string(kubeconfig), tokenID, s.signedWith)
		if err != nil {
			s.t.Error(err)
		}
	}
	answer(w, 200, corev1.ConfigMap{TypeMeta: typeMeta("v1", "ConfigMap"), Data: data})
}

func (s *apiServer) createCSR(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+tokenID+"."+tokenSecret {
		s.t.Errorf("the certificate was requested without the token")
	}
	var request certificatesv1.CertificateSigningRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		s.t.Error(err)
	}
	request.Name = "csr-1"
	if s.decide != nil {
		s.decide(&request)
	} else {
		request.Status.Certificate = s.sign(request.Spec.Request)
	}
	s.mu.Lock()
	s.csr = &request
	s.mu.Unlock()
	answer(w, 201, request)
}

func (s *apiServer) readCSR(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, 200, s.csr)
}

// sign makes a certificate for the subject of the request, by an authority that nobody checks.
func (s *apiServer) sign(requestPEM []byte) []byte {
	block, _ := pem.Decode(requestPEM)
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		s.t.Error(err)
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Error(err)
		return nil
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: request.Subject,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	authority := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "authority"}}
	der, err := x509.CreateCertificate(rand.Reader, template, authority, request.PublicKey, key)
	if err != nil {
		s.t.Error(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func (s *apiServer) createNode(w http.ResponseWriter, r *http.Request) {
	var node corev1.Node
	if err := json.NewDecoder(r.Body).Decode(&node); err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(r.TLS.PeerCertificates) > 0 {
		subject := r.TLS.PeerCertificates[0].Subject
		s.nodeUser = fmt.Sprint(subject.CommonName, " ", subject.Organization)
	}
	node.UID = "node-uid"
	s.node = &node
	if s.refuseNode != nil {
		answer(w, int(s.refuseNode.Code), s.refuseNode)
		return
	}
	answer(w, 201, node)
}

func (s *apiServer) patchStatus(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses = append(s.statuses, string(content))
	answer(w, 200, s.node)
}

func typeMeta(version, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: version, Kind: kind}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only when the client has gone
}

// userData is a first-boot document that joins the server; extra is added to its nodeRegistration.
func (s *apiServer) userData(pin, extra string) string {
	return base64.StdEncoding.EncodeToString([]byte(`#cloud-config
write_files:
  - path: /join.yaml
    content: |
      apiVersion: kubeadm.k8s.io/v1beta4
      kind: JoinConfiguration
      discovery:
        bootstrapToken:
          token: ` + tokenID + "." + tokenSecret + `
          apiServerEndpoint: ` + strings.TrimPrefix(s.URL, "https://") + `
          caCertHashes: ["` + pin + `"]
      nodeRegistration: {name: web-1` + extra + `}
runcmd: [kubeadm join --config /join.yaml]
`))
}
