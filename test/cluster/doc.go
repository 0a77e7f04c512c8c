// Package cluster builds and runs a real Kubernetes control plane on the loopback interface of this machine: etcd,
// kube-apiserver, kube-controller-manager and kube-scheduler, and kwok in the place of container runtimes.
//
// Everything is compiled from Go modules, so no container engine, download site or running cluster is needed. The
// module is separate from the product's because k8s.io/kubernetes can only be required together with one replace
// directive for each of its staging modules.
//
// [Build] compiles the components once; [Up] starts them and sets up what `kubeadm init` would: TLS with a real
// certificate authority, the Node and RBAC authorizers, bootstrap tokens, cluster-info, and automatic approval of
// kubelet certificates. A machine can therefore join exactly as it would join a production cluster.
//
// Two kinds of nodes can live in such a cluster. Both carry the annotation [FakeNodeAnnotation], which lets kwok play
// their pods:
//
//   - a bare Node object, made by a test: kwok makes it Ready and keeps it so;
//   - a machine with a kubelet of its own ([OwnKubeletAnnotation]): it reports its own status and renews its own
//     Lease, and kwok touches nothing but its pods.
package cluster
