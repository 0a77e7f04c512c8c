package config

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
)

// maxClusterName leaves room in a host name for the node group and a random part.
const maxClusterName = 12

// maxPriority is the highest priority that a PriorityClass of users may have.
const maxPriority = 1_000_000_000

// maxLimit keeps limits countable in bytes and thousandths of a core.
const maxLimit = 1_000_000_000

// validate checks the sections that a sub-command uses.
func (l *loader) validate(command Command, config *Config) {
	c := &checker{loader: l}
	runs := func(which Command) bool { return command == which || command == CommandAll }

	c.log(config.Log)
	c.kubernetes(config.Kubernetes)
	c.cluster(config.Cluster)
	if runs(CommandController) {
		c.vpsie(config.VPSie)
		c.controller(config.Controller)
		c.tracing(config.Tracing)
	}
	if runs(CommandExtender) {
		c.extender(config.Extender)
	}
	if runs(CommandWebhook) {
		c.webhook(config.Webhook, config.Controller.SchedulerNames)
	}
	// A webhook that knows what VPSie sells can tell more; without credentials it does without.
	if command == CommandWebhook && config.VPSie.HasCredentials() {
		c.vpsie(config.VPSie)
	}
	c.certDir("metrics.certDir", config.Metrics.CertDir)
	c.listeners(listenersOf(config, runs))
}

func (c *checker) log(log Log) {
	c.oneOf("log.level", log.Level, "debug", "info", "warn", "error")
	c.oneOf("log.format", log.Format, "json", "text")
}

func (c *checker) kubernetes(kubernetes Kubernetes) {
	c.file("kubernetes.kubeconfig", kubernetes.Kubeconfig)
	c.positive("kubernetes.qps", kubernetes.QPS)
	c.positive("kubernetes.burst", kubernetes.Burst)
}

func (c *checker) cluster(cluster Cluster) {
	if cluster.Name != "" {
		problems := validation.IsDNS1123Label(cluster.Name)
		c.require("cluster.name", len(problems) == 0 && len(cluster.Name) <= maxClusterName,
			fmt.Sprintf("want at most %d characters, a-z, 0-9 and - inside, such as prod-eu; or leave it empty", maxClusterName))
	}
	c.require("cluster.namespace", len(validation.IsDNS1123Label(cluster.Namespace)) == 0,
		"want the name of a namespace, such as vpsie-system")
	if cluster.APIServerEndpoint != "" {
		_, port, err := splitAddress(cluster.APIServerEndpoint)
		c.require("cluster.apiServerEndpoint", err == nil && port > 0 && !strings.HasPrefix(cluster.APIServerEndpoint, ":"),
			"want host:port, such as 10.0.0.1:6443")
	}
}

func (c *checker) controller(controller Controller) {
	c.lasting("controller.batchIdle", controller.BatchIdle)
	c.lasting("controller.batchMax", controller.BatchMax)
	c.require("controller.batchIdle", controller.BatchIdle <= controller.BatchMax,
		fmt.Sprintf("want at most controller.batchMax, which is %v", controller.BatchMax))
	c.lasting("controller.pendingPodAge", controller.PendingPodAge)
	c.require("controller.schedulerNames", len(controller.SchedulerNames) > 0 && !slices.Contains(controller.SchedulerNames, ""),
		"want at least one scheduler and no empty name, such as default-scheduler")
	c.require("controller.priorityCutoff", controller.PriorityCutoff >= math.MinInt32 && controller.PriorityCutoff <= maxPriority,
		fmt.Sprintf("want the priority of a pod, from %d to %d", math.MinInt32, maxPriority))
	c.require("controller.preferenceShare", controller.PreferenceShare >= 0 && controller.PreferenceShare <= 100, "want 0 to 100")
	c.limits(controller)
	c.lasting("controller.launchTimeout", controller.LaunchTimeout)
	c.lasting("controller.joinTimeout", controller.JoinTimeout)
	c.require("controller.startupTaintTimeout", controller.StartupTaintTimeout >= 0, "want 0 to do without, or a positive duration, such as 1m")
	c.require("controller.openTogether", controller.OpenTogether >= 0, "want 0 to do without, or a positive duration, such as 10s")
	c.lasting("controller.lostTimeout", controller.LostTimeout)
	c.lasting("controller.unhealthyTimeout", controller.UnhealthyTimeout)
	c.lasting("controller.orphanGracePeriod", controller.OrphanGracePeriod)
	c.lasting("controller.pollInterval", controller.PollInterval)
	c.require("controller.lostTimeout", controller.LostTimeout > controller.PollInterval,
		fmt.Sprintf("want more than controller.pollInterval, which is %v", controller.PollInterval))
	c.lasting("controller.resyncInterval", controller.ResyncInterval)
	c.require("controller.memoryOverheadPercent", controller.MemoryOverheadPercent >= 0 && controller.MemoryOverheadPercent < 100,
		"want 0 to 99")
	c.lasting("controller.soldOutTTL", controller.SoldOutTTL)
	if controller.Diagnosis.On() {
		c.encryption("controller.diagnosis", controller.Diagnosis.CertFile, controller.Diagnosis.KeyFile, controller.Diagnosis.ClientCAFile)
	}
}

func (c *checker) limits(controller Controller) {
	for key, value := range map[string]int{
		"controller.maxNewNodesPerPlan": controller.MaxNewNodesPerPlan,
		"controller.maxNodes":           controller.MaxNodes,
		"controller.maxCPU":             controller.MaxCPU,
		"controller.maxMemory":          controller.MaxMemory,
	} {
		c.require(key, value >= 0 && value <= maxLimit, fmt.Sprintf("want 0 for no limit, or a positive number of at most %d", maxLimit))
	}
}

func (c *checker) extender(extender Extender) {
	c.encryption("extender", extender.CertFile, extender.KeyFile, extender.ClientCAFile)
}

// encryption demands of a server, whose keys start with the section, that its files can be read and belong together.
func (c *checker) encryption(section, certFile, keyFile, clientCAFile string) {
	c.file(section+".certFile", certFile)
	c.file(section+".keyFile", keyFile)
	c.file(section+".clientCAFile", clientCAFile)
	c.require(section+".keyFile", (keyFile == "") == (certFile == ""), fmt.Sprintf("want both %[1]s.certFile and %[1]s.keyFile, or neither", section))
	c.require(section+".clientCAFile", clientCAFile == "" || certFile != "",
		fmt.Sprintf("needs %s.certFile: clients can be told apart only over TLS", section))
}

func (c *checker) webhook(webhook Webhook, schedulers []string) {
	c.require("webhook.evictionsPerMinute", webhook.EvictionsPerMinute >= 0, "want 0 for no limit, or a positive number")
	c.oneOf("webhook.podPolicy", webhook.PodPolicy, "warn", "deny", "off")
	c.require("webhook.schedulerName", webhook.SchedulerName == "" || slices.Contains(schedulers, webhook.SchedulerName),
		"want one of controller.schedulerNames: pods of another scheduler get no nodes")
	c.file("webhook.podRulesFile", webhook.PodRulesFile)
	if webhook.RotateCertificates {
		c.require("webhook.secretName", len(validation.IsDNS1123Subdomain(webhook.SecretName)) == 0,
			"want the name of a Secret, such as vpsie-webhook-cert")
	} else {
		c.required("webhook.certDir", webhook.CertDir, "name the directory of tls.crt and tls.key, or turn on webhook.rotateCertificates")
		c.certDir("webhook.certDir", webhook.CertDir)
	}
	c.require("webhook.serviceName", len(validation.IsDNS1035Label(webhook.ServiceName)) == 0,
		"want the name of a Service, such as vpsie-webhook")
	for _, name := range webhook.DNSNames {
		c.require("webhook.dnsNames", len(validation.IsDNS1123Subdomain(name)) == 0,
			fmt.Sprintf("%q is no DNS name, want names such as webhook.example.com", name))
	}
}

func (c *checker) tracing(tracing Tracing) {
	if tracing.Endpoint != "" {
		_, port, err := splitAddress(tracing.Endpoint)
		c.require("tracing.endpoint", err == nil && port > 0 && !strings.HasPrefix(tracing.Endpoint, ":"),
			"want host:port, such as collector.monitoring:4317")
	}
}

// lasting demands a positive duration.
func (c *checker) lasting(key string, value time.Duration) {
	c.require(key, value > 0, "want a positive duration, such as 30s")
}
