package config

import (
	"slices"
	"time"
)

// Key describes one setting.
type Key struct {
	// Name is the path in the file, such as "controller.batchIdle".
	Name string
	// Default is its value when nothing is set: a string, bool, int, time.Duration or []string, which is also the setting's type.
	Default any
	// Unit is what a number counts; empty for what has none and for durations, which carry theirs.
	Unit string
	// Doc says in a sentence what the setting does.
	Doc string
	// Hidden keeps the value out of every message, for a place where somebody may put a secret by mistake.
	Hidden bool
}

// Keys lists all settings, in the order of the reference document. The caller may change the slice.
func Keys() []Key { return slices.Clone(keys) }

var keys = []Key{
	{Name: "log.level", Default: "info", Doc: "Least important lines to log: debug, info, warn or error."},
	{Name: "log.format", Default: "json", Doc: "Form of the log lines: json or text."},

	{Name: "kubernetes.kubeconfig", Default: "", Doc: "Kubeconfig file; empty uses the service account of the pod."},
	{Name: "kubernetes.qps", Default: 500, Unit: "requests per second", Doc: "Limit on requests to the API server, on average."},
	{Name: "kubernetes.burst", Default: 1000, Unit: "requests", Doc: "Limit on requests to the API server at once."},

	{Name: "cluster.name", Default: "", Doc: "Name that starts the host name of every machine, a DNS label of at most 12 characters that no other cluster of the account uses; empty derives it from the UID of the namespace kube-system. It must not change while machines exist, and be the same for controller and webhook."},
	{Name: "cluster.namespace", Default: "vpsie-system", Doc: "Namespace that the autoscaler keeps its Leases and Secrets in."},
	{Name: "cluster.apiServerEndpoint", Default: "", Doc: "API server that new machines join, as host:port; empty takes it from the ConfigMap kube-public/cluster-info."},

	{Name: "vpsie.url", Default: "https://api.vpsie.com", Doc: "Origin of the VPSie API, scheme and host only; plain http only for loopback."},
	{Name: "vpsie.mode", Default: ModeVM, Doc: "How nodes are bought: vm orders machines that join by their user data, kubernetes adds workers to a managed cluster of VPSie."},
	{Name: "vpsie.clusterID", Default: "", Doc: "Identifier of the managed cluster that workers are added to; vpsie.mode kubernetes needs it."},
	{Name: "vpsie.tokenFile", Default: "", Hidden: true, Doc: "File that holds the VPSie API token, read again for every request. The controller needs this, vpsie.clientID or vpsie.secretName, and takes only one of them."},
	{Name: "vpsie.clientID", Default: "", Hidden: true, Doc: "Client ID to log in to VPSie with, instead of a token; it needs vpsie.clientSecretFile."},
	{Name: "vpsie.clientSecretFile", Default: "", Hidden: true, Doc: "File that holds the secret of vpsie.clientID, read again for every request."},
	{Name: "vpsie.secretName", Default: "", Hidden: true, Doc: "Secret with the key token, or the keys clientId and clientSecret. It is watched: new credentials are tried before they replace the old ones. A key url must name the origin of vpsie.url."},
	{Name: "vpsie.secretNamespace", Default: "", Doc: "Namespace of vpsie.secretName; empty means cluster.namespace."},
	{Name: "vpsie.caFile", Default: "", Doc: "PEM file with certificates to trust for the VPSie API beside the system's; empty means none."},
	{Name: "vpsie.vmPath", Default: "/api/v2/vm", Doc: "Path of the VPSie machines service: /api/v2/vm or /apps/v2/vm."},
	{Name: "vpsie.projectID", Default: "", Doc: "VPSie project that new machines belong to; vpsie.mode vm needs it."},
	{Name: "vpsie.imageID", Default: "", Doc: "Operating system image that prices are asked for and that a NodeGroup without an image gets; vpsie.mode vm needs it."},
	{Name: "vpsie.sshKeyIDs", Default: []string{}, Doc: "SSH keys of the VPSie account, by identifier, that every new machine gets beside those of its NodeGroup."},
	{Name: "vpsie.userDataVia", Default: "userData", Doc: "How machines get their user data: userData sends it with the order, script stores a script for images on which that does not work."},
	{Name: "vpsie.hoursPerMonth", Default: 720, Unit: "hours", Doc: "Length of a month by which monthly prices become hourly ones."},
	{Name: "vpsie.requestsPerMinute", Default: 100, Unit: "requests per minute", Doc: "Limit on requests to the VPSie API."},
	{Name: "vpsie.timeout", Default: 30 * time.Second, Doc: "Longest that one request to the VPSie API may take."},

	{Name: "controller.leaderElection", Default: true, Doc: "Whether replicas elect one that acts; turn it off only for a single replica."},
	{Name: "controller.batchIdle", Default: 500 * time.Millisecond, Doc: "Quiet time after the last pending pod before a plan is made; at most controller.batchMax."},
	{Name: "controller.batchMax", Default: 5 * time.Second, Doc: "Longest that a pending pod waits for others before a plan is made."},
	{Name: "controller.pendingPodAge", Default: 30 * time.Second, Doc: "Age at which a pod without a node counts as unschedulable although the scheduler has not said so."},
	{Name: "controller.schedulerNames", Default: []string{"default-scheduler"}, Doc: "Schedulers whose pods get nodes."},
	{Name: "controller.priorityCutoff", Default: -10, Unit: "priority", Doc: "Priority below which no node is bought for a pod; it may still use nodes that exist."},
	{Name: "controller.preferenceShare", Default: 5, Unit: "percent", Doc: "How much dearer a plan may be for honouring what pods and NodeGroups only prefer; 0 honours what costs nothing."},
	{Name: "controller.maxNewNodesPerPlan", Default: 0, Unit: "nodes", Doc: "Limit on the nodes that one plan may add; 0 means no limit."},
	{Name: "controller.maxNodes", Default: 0, Unit: "nodes", Doc: "Limit on the nodes of the cluster, those that the autoscaler did not make included; 0 means no limit."},
	{Name: "controller.maxCPU", Default: 0, Unit: "cores", Doc: "Limit on the allocatable CPU of all nodes of the cluster together; 0 means no limit."},
	{Name: "controller.maxMemory", Default: 0, Unit: "GiB", Doc: "Limit on the allocatable memory of all nodes of the cluster together; 0 means no limit."},
	{Name: "controller.launchTimeout", Default: 15 * time.Minute, Doc: "Longest from the order to the built machine before it is given up."},
	{Name: "controller.joinTimeout", Default: 15 * time.Minute, Doc: "Longest from the built machine to the ready node before it is given up."},
	{Name: "controller.startupTaintTimeout", Default: time.Minute, Doc: "How long a node that has joined may wait, not ready, with the startup taint on, so that pods can be nominated for it when it is ready; 0 takes the taint off at once and nominates none."},
	{Name: "controller.openTogether", Default: 10 * time.Second, Doc: "How long a node that is ready waits for the others of its plan before pods may come, so that pods run where they were planned; 0 lets pods come to each node when it is ready. It has no effect while controller.startupTaintTimeout is 0."},
	{Name: "controller.lostTimeout", Default: time.Minute, Doc: "How long an ordered machine may be missing from VPSie's lists before its order counts as lost; more than controller.pollInterval."},
	{Name: "controller.unhealthyTimeout", Default: 10 * time.Minute, Doc: "How long a node that was ready may be not ready or gone before it is replaced."},
	{Name: "controller.orphanGracePeriod", Default: 10 * time.Minute, Doc: "How long a machine or node of the autoscaler may be without its VPSieNode before it is deleted."},
	{Name: "controller.pollInterval", Default: 2 * time.Second, Doc: "Time between looks at machines that are on their way."},
	{Name: "controller.resyncInterval", Default: 30 * time.Second, Doc: "Time between looks at everything, in case an event was missed."},
	{Name: "controller.memoryOverheadPercent", Default: 5, Unit: "percent", Doc: "Part of a plan's memory that the kernel and the hypervisor are expected to take."},
	{Name: "controller.soldOutTTL", Default: 3 * time.Minute, Doc: "How long a sold-out offering is not asked for again."},

	{Name: "controller.diagnosis.listen", Default: off, Doc: "Address that a kube-scheduler with the plugin VPSieDiagnosis reports to, as host:port; any but the loopback needs a certificate. 0 turns it off."},
	{Name: "controller.diagnosis.certFile", Default: "", Doc: "Certificate of that server, with controller.diagnosis.keyFile; empty serves plain HTTP."},
	{Name: "controller.diagnosis.keyFile", Default: "", Doc: "Private key of controller.diagnosis.certFile."},
	{Name: "controller.diagnosis.clientCAFile", Default: "", Doc: "Certificates that must have signed the scheduler's own; empty lets every client report. It needs controller.diagnosis.certFile."},

	{Name: "extender.listen", Default: "127.0.0.1:8888", Doc: "Address that kube-scheduler calls, as host:port; any but the loopback needs a certificate."},
	{Name: "extender.certFile", Default: "", Doc: "Certificate of the extender's server, with extender.keyFile; empty serves plain HTTP."},
	{Name: "extender.keyFile", Default: "", Doc: "Private key of extender.certFile."},
	{Name: "extender.clientCAFile", Default: "", Doc: "Certificates that must have signed the scheduler's own; empty lets every client in. It needs extender.certFile."},
	{Name: "extender.filter", Default: false, Doc: "Whether the extender answers the filter verb."},
	{Name: "extender.prioritize", Default: true, Doc: "Whether the extender answers the prioritize verb."},
	{Name: "extender.preempt", Default: false, Doc: "Whether the extender answers the preempt verb."},

	{Name: "webhook.host", Default: "", Doc: "Address that the admission server binds to; empty means all."},
	{Name: "webhook.port", Default: 9443, Doc: "Port that the admission server listens on."},
	{Name: "webhook.certDir", Default: "", Doc: "Directory of the admission server's tls.crt and tls.key; empty means a directory of its own, which needs webhook.rotateCertificates."},
	{Name: "webhook.secretName", Default: "vpsie-webhook-cert", Doc: "Secret that keeps the rotated certificates, in cluster.namespace."},
	{Name: "webhook.serviceName", Default: "vpsie-webhook", Doc: "Service by which the API server reaches the webhook, in cluster.namespace."},
	{Name: "webhook.dnsNames", Default: []string{}, Doc: "Names that the certificate is valid for beside the Service's."},
	{Name: "webhook.evictionsPerMinute", Default: 0, Unit: "evictions per minute", Doc: "Limit on the evictions of the whole cluster, whoever asks for them; 0 means no limit."},
	{Name: "webhook.podPolicy", Default: "warn", Doc: "What happens to new pods that could never run, or that ask for nothing: warn tells their author, deny refuses them, off says nothing. A namespace can choose for itself by the label autoscaler.vpsie.com/pod-validation."},
	{Name: "webhook.schedulerName", Default: "", Doc: "Scheduler that pods of the default scheduler are sent to, in namespaces with the label autoscaler.vpsie.com/pod-mutation=enabled; one of controller.schedulerNames. Empty sends none."},
	{Name: "webhook.podRulesFile", Default: "", Doc: "YAML file with rules that give classes of pods a NodeGroup, node selector or tolerations, in the same namespaces; read at the start. Empty means none."},
	{Name: "webhook.rotateCertificates", Default: true, Doc: "Whether the webhook makes and renews its own certificates."},

	{Name: "metrics.listen", Default: ":8080", Doc: "Address of the metrics endpoint, as host:port; 0 turns it off."},
	{Name: "metrics.secure", Default: true, Doc: "Whether metrics are served over TLS, and only to clients that the API server authorizes."},
	{Name: "metrics.certDir", Default: "", Doc: "Directory of the metrics endpoint's tls.crt and tls.key; empty makes a self-signed certificate."},

	{Name: "tracing.endpoint", Default: "", Doc: "Collector that gets the spans of calls to the VPSie API by OTLP over gRPC, as host:port; empty turns tracing off."},
	{Name: "tracing.secure", Default: true, Doc: "Whether the collector is reached over TLS."},

	{Name: "health.listen", Default: ":8081", Doc: "Address of the liveness and readiness probes, as host:port; 0 turns them off."},
}

// keyByName finds a key in the table.
func keyByName(name string) (Key, bool) {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}
