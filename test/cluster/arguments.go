package cluster

import (
	"fmt"
	"path/filepath"
)

func (l *layout) etcdArguments() []string {
	client, peer := localURL("https", l.etcdPort, ""), localURL("https", l.etcdPeerPort, "")
	tls := l.pki.etcdServer
	return []string{
		"--name=local",
		"--data-dir=" + filepath.Join(l.dir, "etcd"),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=local=" + peer,
		"--client-cert-auth", "--trusted-ca-file=" + l.pki.etcd.files.cert,
		"--cert-file=" + tls.cert, "--key-file=" + tls.key,
		"--peer-client-cert-auth", "--peer-trusted-ca-file=" + l.pki.etcd.files.cert,
		"--peer-cert-file=" + tls.cert, "--peer-key-file=" + tls.key,
		"--unsafe-no-fsync", // the data is thrown away in the end
		"--log-level=warn",
	}
}

func (l *layout) apiServerArguments() []string {
	return []string{
		"--etcd-servers=" + localURL("https", l.etcdPort, ""),
		"--etcd-cafile=" + l.pki.etcd.files.cert,
		"--etcd-certfile=" + l.pki.etcdClient.cert, "--etcd-keyfile=" + l.pki.etcdClient.key,
		"--bind-address=" + loopback, fmt.Sprintf("--secure-port=%d", l.apiServerPort),
		"--advertise-address=" + loopback,
		"--endpoint-reconciler-type=none", // a loopback address is no valid endpoint
		"--tls-cert-file=" + l.pki.apiServer.cert, "--tls-private-key-file=" + l.pki.apiServer.key,
		"--client-ca-file=" + l.pki.cluster.files.cert,
		"--requestheader-client-ca-file=" + l.pki.frontProxy.files.cert,
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + l.pki.aggregator.cert, "--proxy-client-key-file=" + l.pki.aggregator.key,
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--enable-bootstrap-token-auth",
		"--allow-privileged",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-signing-key-file=" + l.pki.serviceAccountKey,
		"--service-account-key-file=" + l.pki.serviceAccountPublicKey,
		"--service-cluster-ip-range=" + serviceRange,
	}
}

func (l *layout) controllerManagerArguments() []string {
	tls := l.pki.controllerManagerServing
	return []string{
		"--kubeconfig=" + l.controllerManager,
		"--authentication-kubeconfig=" + l.controllerManager,
		"--authorization-kubeconfig=" + l.controllerManager,
		"--bind-address=" + loopback, fmt.Sprintf("--secure-port=%d", l.controllerManagerPort),
		"--tls-cert-file=" + tls.cert, "--tls-private-key-file=" + tls.key,
		"--controllers=*,bootstrapsigner,tokencleaner",
		"--cluster-signing-cert-file=" + l.pki.cluster.files.cert,
		"--cluster-signing-key-file=" + l.pki.cluster.files.key,
		"--root-ca-file=" + l.pki.cluster.files.cert,
		"--service-account-private-key-file=" + l.pki.serviceAccountKey,
		"--use-service-account-credentials",
		"--leader-elect=false",
		"--kube-api-qps=300", "--kube-api-burst=500", // tests make hundreds of pods at once
	}
}

func (l *layout) schedulerArguments() []string {
	tls := l.pki.schedulerServing
	return []string{
		"--config=" + l.schedulerFile,
		"--authentication-kubeconfig=" + l.scheduler,
		"--authorization-kubeconfig=" + l.scheduler,
		"--bind-address=" + loopback, fmt.Sprintf("--secure-port=%d", l.schedulerPort),
		"--tls-cert-file=" + tls.cert, "--tls-private-key-file=" + tls.key,
	}
}

func (l *layout) kwokArguments() []string {
	return []string{
		"--config=" + l.stagesFile,
		"--kubeconfig=" + l.kwok,
		"--manage-all-nodes=false",
		"--manage-nodes-with-annotation-selector=" + FakeNodeAnnotation + "=fake",
		"--node-lease-duration-seconds=0", // machines renew their own Leases; bare nodes live by their status
		"--cidr=10.244.0.0/16",
		fmt.Sprintf("--server-address=%s:%d", loopback, l.kwokPort),
	}
}
