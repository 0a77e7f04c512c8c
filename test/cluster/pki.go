package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// serviceRange is the range of Service addresses; its first address is the API server's own Service.
const (
	serviceRange      = "10.0.0.0/24"
	apiServiceAddress = "10.0.0.1"
)

// pki holds the files of all certificates and keys of one control plane.
type pki struct {
	cluster *authority
	// etcd has an authority of its own: a kubelet holds a certificate of the cluster's, and must not reach the store.
	etcd *authority
	// frontProxy is for aggregated API servers; kube-scheduler and kube-controller-manager look for it all the time.
	frontProxy *authority

	apiServer, controllerManagerServing, schedulerServing keyPair
	etcdServer, etcdClient                                keyPair
	admin, controllerManager, scheduler, kwok             keyPair
	aggregator                                            keyPair

	serviceAccountKey, serviceAccountPublicKey string
}

// newPKI makes the certificates below folder.
func newPKI(folder string) (*pki, error) {
	if err := os.MkdirAll(filepath.Join(folder, "etcd"), 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of certificates: %w", err)
	}
	cluster, err := newAuthority(folder, "ca")
	if err != nil {
		return nil, err
	}
	etcd, err := newAuthority(filepath.Join(folder, "etcd"), "etcd-ca")
	if err != nil {
		return nil, err
	}
	frontProxy, err := newAuthority(folder, "front-proxy-ca")
	if err != nil {
		return nil, err
	}
	p := &pki{cluster: cluster, etcd: etcd, frontProxy: frontProxy}
	if err := p.issueAll(); err != nil {
		return nil, err
	}
	return p, p.writeServiceAccountKey(folder)
}

func (p *pki) issueAll() error {
	local := identity{
		user:      "local-server",
		dnsNames:  []string{"localhost"},
		addresses: []net.IP{net.ParseIP(loopback)},
	}
	apiServer := identity{
		user: "kube-apiserver",
		dnsNames: []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
			"kubernetes.default.svc.cluster.local"},
		addresses: []net.IP{net.ParseIP(loopback), net.ParseIP(apiServiceAddress)},
	}
	for _, c := range []struct {
		files  *keyPair
		issuer *authority
		name   string
		id     identity
	}{
		{&p.apiServer, p.cluster, "kube-apiserver", apiServer},
		{&p.controllerManagerServing, p.cluster, "kube-controller-manager-serving", local},
		{&p.schedulerServing, p.cluster, "kube-scheduler-serving", local},
		{&p.admin, p.cluster, "admin", identity{user: "kubernetes-admin", groups: []string{"system:masters"}}},
		{&p.controllerManager, p.cluster, "kube-controller-manager", identity{user: "system:kube-controller-manager"}},
		{&p.scheduler, p.cluster, "kube-scheduler", identity{user: "system:kube-scheduler"}},
		{&p.kwok, p.cluster, "kwok", identity{user: "kwok", groups: []string{"system:masters"}}},
		{&p.etcdServer, p.etcd, "etcd-server", local},
		{&p.etcdClient, p.etcd, "etcd-client", identity{user: "kube-apiserver"}},
		{&p.aggregator, p.frontProxy, "front-proxy-client", identity{user: "front-proxy-client"}},
	} {
		files, err := c.issuer.issue(c.name, c.id)
		if err != nil {
			return err
		}
		*c.files = files
	}
	return nil
}

// writeServiceAccountKey makes the key pair that signs and checks the tokens of service accounts.
func (p *pki) writeServiceAccountKey(folder string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generate the service-account key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("encode the service-account public key: %w", err)
	}
	p.serviceAccountKey = filepath.Join(folder, "sa.key")
	p.serviceAccountPublicKey = filepath.Join(folder, "sa.pub")
	if err := writePEM(p.serviceAccountPublicKey, "PUBLIC KEY", public); err != nil {
		return err
	}
	return writeKey(p.serviceAccountKey, key)
}
