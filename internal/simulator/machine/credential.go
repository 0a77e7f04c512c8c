package machine

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/keyutil"
)

// requestIdentity trades the token for a client certificate: it asks for one and waits until somebody approves and signs it.
func (k Kubelet) requestIdentity(ctx context.Context, cluster clusterInfo, node nodeSpec) (identity, error) {
	token := node.join.TokenID + "." + node.join.TokenSecret
	connected, err := identity{trusted: cluster.trusted, token: token}.connect(cluster.server)
	if err != nil {
		return identity{}, err
	}
	defer connected.close()

	key, request, err := newRequest(node.name)
	if err != nil {
		return identity{}, permanentError{err}
	}
	created, err := connected.csrs.CertificateSigningRequests().Create(ctx, request, metav1.CreateOptions{})
	if err != nil {
		return identity{}, fmt.Errorf("request a client certificate with token ID %q: %w", node.join.TokenID, err)
	}
	signed, err := connected.awaitCertificate(ctx, created.Name, orDefault(k.RetryTimeout, 5*time.Minute))
	if err != nil {
		return identity{}, err
	}
	certificate, err := tls.X509KeyPair(signed, key)
	if err != nil {
		return identity{}, permanentError{fmt.Errorf("the signed client certificate: %w", err)}
	}
	return identity{trusted: cluster.trusted, certificate: &certificate}, nil
}

// newRequest makes a key and the request for a certificate that belongs to it.
func newRequest(nodeName string) (keyPEM []byte, request *certificatesv1.CertificateSigningRequest, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	subject := pkix.Name{CommonName: "system:node:" + nodeName, Organization: []string{"system:nodes"}}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject}, key)
	if err != nil {
		return nil, nil, fmt.Errorf("make a certificate request: %w", err)
	}
	keyPEM, err = keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, nil, fmt.Errorf("encode the key: %w", err)
	}
	return keyPEM, &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "node-csr-"},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
			SignerName: certificatesv1.KubeAPIServerClientKubeletSignerName,
			Usages:     []certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature, certificatesv1.UsageClientAuth},
		},
	}, nil
}

// approvalInterval is the pause between two looks at a certificate request.
const approvalInterval = 500 * time.Millisecond

// awaitCertificate waits for the certificate of a request. A refusal is permanent.
func (c *connection) awaitCertificate(ctx context.Context, name string, timeout time.Duration) ([]byte, error) {
	var signed []byte
	err := wait.PollUntilContextTimeout(ctx, approvalInterval, timeout, true, func(ctx context.Context) (bool, error) {
		request, err := c.csrs.CertificateSigningRequests().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, fmt.Errorf("look at certificate request %s: %w", name, err)
		}
		for _, condition := range request.Status.Conditions {
			if condition.Type == certificatesv1.CertificateDenied || condition.Type == certificatesv1.CertificateFailed {
				return false, permanentError{fmt.Errorf("certificate request %s: %s: %s", name, condition.Type, condition.Message)}
			}
		}
		signed = request.Status.Certificate
		return len(signed) > 0, nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, permanentError{fmt.Errorf("certificate request %s was not approved and signed within %v", name, timeout)}
	}
	return signed, err
}
