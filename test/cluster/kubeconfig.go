package cluster

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// writeKubeconfig writes name.conf in folder for the holder of a client certificate, with everything inline, so that
// the file can be copied elsewhere.
func (p *pki) writeKubeconfig(folder, name, server string, client keyPair) (string, error) {
	const clusterName = "local"
	config, err := p.kubeconfig(clusterName, server)
	if err != nil {
		return "", err
	}
	cert, err := os.ReadFile(client.cert)
	if err != nil {
		return "", fmt.Errorf("read the client certificate of %s: %w", name, err)
	}
	key, err := os.ReadFile(client.key)
	if err != nil {
		return "", fmt.Errorf("read the client key of %s: %w", name, err)
	}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: cert, ClientKeyData: key}
	config.Contexts[clusterName] = &clientcmdapi.Context{Cluster: clusterName, AuthInfo: name}
	config.CurrentContext = clusterName
	path := filepath.Join(folder, name+".conf")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("write the kubeconfig of %s: %w", name, err)
	}
	return path, nil
}

// kubeconfig returns a configuration that names the cluster and no user.
func (p *pki) kubeconfig(name, server string) (*clientcmdapi.Config, error) {
	ca, err := os.ReadFile(p.cluster.files.cert)
	if err != nil {
		return nil, fmt.Errorf("read the certificate of the cluster's authority: %w", err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	return config, nil
}
