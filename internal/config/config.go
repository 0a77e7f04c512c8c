package config

import "time"

// Command is a sub-command of vpsie-autoscaler. It decides which sections must be valid.
type Command string

// The sub-commands.
const (
	CommandExtender   Command = "extender"
	CommandWebhook    Command = "webhook"
	CommandController Command = "controller"
	CommandAll        Command = "all" // the three of them in one process
)

// Config holds every setting. What each one means, its unit and its default are told in Keys.
type Config struct {
	Log        Log        `koanf:"log"`
	Kubernetes Kubernetes `koanf:"kubernetes"`
	Cluster    Cluster    `koanf:"cluster"`
	VPSie      VPSie      `koanf:"vpsie"`
	Controller Controller `koanf:"controller"`
	Extender   Extender   `koanf:"extender"`
	Webhook    Webhook    `koanf:"webhook"`
	Metrics    Metrics    `koanf:"metrics"`
	Tracing    Tracing    `koanf:"tracing"`
	Health     Health     `koanf:"health"`
}

// Log says what is logged and how.
type Log struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

// Kubernetes says how to reach the API server.
type Kubernetes struct {
	Kubeconfig string `koanf:"kubeconfig"`
	QPS        int    `koanf:"qps"`
	Burst      int    `koanf:"burst"`
}

// Cluster describes the cluster that nodes are made for.
type Cluster struct {
	Name              string `koanf:"name"`
	Namespace         string `koanf:"namespace"`
	APIServerEndpoint string `koanf:"apiServerEndpoint"`
}

// Ways to buy machines, the values of vpsie.mode.
const (
	ModeVM         = "vm"         // machines of their own, which join by their user data
	ModeKubernetes = "kubernetes" // workers of a managed cluster
)

// VPSie says how to reach VPSie and what to buy there.
type VPSie struct {
	URL               string        `koanf:"url"`
	Mode              string        `koanf:"mode"`
	ClusterID         string        `koanf:"clusterID"`
	TokenFile         string        `koanf:"tokenFile"`
	ClientID          string        `koanf:"clientID"`
	ClientSecretFile  string        `koanf:"clientSecretFile"`
	SecretName        string        `koanf:"secretName"`
	SecretNamespace   string        `koanf:"secretNamespace"`
	CAFile            string        `koanf:"caFile"`
	VMPath            string        `koanf:"vmPath"`
	ProjectID         string        `koanf:"projectID"`
	ImageID           string        `koanf:"imageID"`
	SSHKeyIDs         []string      `koanf:"sshKeyIDs"`
	UserDataVia       string        `koanf:"userDataVia"`
	HoursPerMonth     int           `koanf:"hoursPerMonth"`
	RequestsPerMinute int           `koanf:"requestsPerMinute"`
	Timeout           time.Duration `koanf:"timeout"`
}

// HasCredentials reports whether any way to prove the account is configured.
func (v VPSie) HasCredentials() bool {
	return v.TokenFile != "" || v.ClientID != "" || v.ClientSecretFile != "" || v.SecretName != ""
}

// Controller steers the provisioner.
type Controller struct {
	LeaderElection        bool          `koanf:"leaderElection"`
	BatchIdle             time.Duration `koanf:"batchIdle"`
	BatchMax              time.Duration `koanf:"batchMax"`
	PendingPodAge         time.Duration `koanf:"pendingPodAge"`
	SchedulerNames        []string      `koanf:"schedulerNames"`
	PriorityCutoff        int           `koanf:"priorityCutoff"`
	PreferenceShare       int           `koanf:"preferenceShare"`
	MaxNewNodesPerPlan    int           `koanf:"maxNewNodesPerPlan"`
	MaxNodes              int           `koanf:"maxNodes"`
	MaxCPU                int           `koanf:"maxCPU"`
	MaxMemory             int           `koanf:"maxMemory"`
	LaunchTimeout         time.Duration `koanf:"launchTimeout"`
	JoinTimeout           time.Duration `koanf:"joinTimeout"`
	StartupTaintTimeout   time.Duration `koanf:"startupTaintTimeout"`
	OpenTogether          time.Duration `koanf:"openTogether"`
	LostTimeout           time.Duration `koanf:"lostTimeout"`
	UnhealthyTimeout      time.Duration `koanf:"unhealthyTimeout"`
	OrphanGracePeriod     time.Duration `koanf:"orphanGracePeriod"`
	PollInterval          time.Duration `koanf:"pollInterval"`
	ResyncInterval        time.Duration `koanf:"resyncInterval"`
	MemoryOverheadPercent int           `koanf:"memoryOverheadPercent"`
	SoldOutTTL            time.Duration `koanf:"soldOutTTL"`
	Diagnosis             Diagnosis     `koanf:"diagnosis"`
}

// Diagnosis configures the server that a kube-scheduler with our plugin reports to.
type Diagnosis struct {
	Listen       string `koanf:"listen"`
	CertFile     string `koanf:"certFile"`
	KeyFile      string `koanf:"keyFile"`
	ClientCAFile string `koanf:"clientCAFile"`
}

// On reports whether the server is wanted.
func (d Diagnosis) On() bool { return d.Listen != off }

// Extender configures the HTTP server that kube-scheduler calls.
type Extender struct {
	Listen       string `koanf:"listen"`
	CertFile     string `koanf:"certFile"`
	KeyFile      string `koanf:"keyFile"`
	ClientCAFile string `koanf:"clientCAFile"`
	Filter       bool   `koanf:"filter"`
	Prioritize   bool   `koanf:"prioritize"`
	Preempt      bool   `koanf:"preempt"`
}

// Webhook configures the admission server and its certificates.
type Webhook struct {
	Host               string   `koanf:"host"`
	Port               int      `koanf:"port"`
	CertDir            string   `koanf:"certDir"`
	SecretName         string   `koanf:"secretName"`
	ServiceName        string   `koanf:"serviceName"`
	DNSNames           []string `koanf:"dnsNames"`
	EvictionsPerMinute int      `koanf:"evictionsPerMinute"`
	PodPolicy          string   `koanf:"podPolicy"`
	SchedulerName      string   `koanf:"schedulerName"`
	PodRulesFile       string   `koanf:"podRulesFile"`
	RotateCertificates bool     `koanf:"rotateCertificates"`
}

// Metrics configures the metrics endpoint.
type Metrics struct {
	Listen  string `koanf:"listen"`
	Secure  bool   `koanf:"secure"`
	CertDir string `koanf:"certDir"`
}

// Tracing says where the spans of calls to the VPSie API go.
type Tracing struct {
	Endpoint string `koanf:"endpoint"`
	Secure   bool   `koanf:"secure"`
}

// Health configures the endpoint of the liveness and readiness probes.
type Health struct {
	Listen string `koanf:"listen"`
}
