// Package telemetry names what the autoscaler measures: every metric of the controller is declared here and nowhere else.
package telemetry

import "github.com/prometheus/client_golang/prometheus"

const namespace = "vpsie_autoscaler"

// Labels shared by most series.
const (
	LabelNodeGroup = "nodegroup"
	LabelNamespace = "namespace"
)

// Metrics are the series that the controller writes. All names start with vpsie_autoscaler_.
type Metrics struct {
	// NodeGroupDesired, NodeGroupCurrent, NodeGroupReady, NodeGroupMin and NodeGroupMax count nodes by nodegroup, namespace.
	NodeGroupDesired, NodeGroupCurrent, NodeGroupReady, NodeGroupMin, NodeGroupMax *prometheus.GaugeVec
	// NodeGroupCost is what a group costs an hour, in the currency of the account, by nodegroup, namespace.
	NodeGroupCost *prometheus.GaugeVec
	// NodePhase counts VPSieNodes by phase, nodegroup, namespace.
	NodePhase *prometheus.GaugeVec
	// PhaseTransitions counts changes by from_phase, to_phase, nodegroup, namespace.
	PhaseTransitions *prometheus.CounterVec
	// PendingPods counts the pods that wait for a node by namespace.
	PendingPods *prometheus.GaugeVec
	// UnplacedPods counts the pods for which the last plan does nothing by reason.
	UnplacedPods *prometheus.GaugeVec
	// PlanDuration measures the planner, in seconds.
	PlanDuration prometheus.Histogram
	// ScaleUps and NodesAdded count plans that bought nodes, and those nodes, by nodegroup, namespace.
	ScaleUps   *prometheus.CounterVec
	NodesAdded *prometheus.HistogramVec
	// PlannedPods counts what became of the pods that nodes were bought for, a few seconds after their Node was opened to pods, by
	// nodegroup, namespace, fate.
	PlannedPods *prometheus.CounterVec
	// ScaleDowns counts nodes given up by nodegroup, namespace.
	ScaleDowns *prometheus.CounterVec
	// NodesReplaced counts nodes given up because they failed by nodegroup, namespace, reason.
	NodesReplaced *prometheus.CounterVec
	// ProvisioningDuration is the time in seconds from the decision to a node that runs pods, by nodegroup, namespace.
	ProvisioningDuration *prometheus.HistogramVec
	// TerminationDuration is the time in seconds from the deletion of a VPSieNode to the proof that its machine is gone, by
	// nodegroup, namespace.
	TerminationDuration *prometheus.HistogramVec
	// APIRequests, APIDuration (seconds) and APIErrors measure calls to VPSie by method and status or error_type.
	APIRequests *prometheus.CounterVec
	APIDuration *prometheus.HistogramVec
	APIErrors   *prometheus.CounterVec
	// APIThrottled is how long calls waited for our own rate limit, in seconds, by method.
	APIThrottled *prometheus.HistogramVec
	// BreakerState is 1 for the state that the circuit breaker of the VPSie API is in, by state (closed, open, half-open).
	BreakerState *prometheus.GaugeVec
	// BreakerOpened and BreakerChanges count how often it opened, and its changes by from_state, to_state.
	BreakerOpened  prometheus.Counter
	BreakerChanges *prometheus.CounterVec
	// CredentialAttempts, CredentialSuccesses and CredentialFailures count new VPSie credentials that were seen, taken and kept out.
	CredentialAttempts, CredentialSuccesses, CredentialFailures prometheus.Counter
	// CredentialValid is 1 if VPSie accepted the credentials at the last call and 0 if it did not; absent before the first call. It
	// has no labels.
	CredentialValid *prometheus.GaugeVec
	// PodsEvicted counts the pods evicted by nodegroup, namespace.
	PodsEvicted *prometheus.CounterVec
	// Orphans counts machines and Nodes without VPSieNode, and machines that only look like ours, by kind (machine, node, suspect).
	// OrphansRemoved counts those that the sweep has removed.
	Orphans        *prometheus.GaugeVec
	OrphansRemoved *prometheus.CounterVec
}

// NewMetrics makes the series and registers them.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	group := []string{LabelNodeGroup, LabelNamespace}
	m := &Metrics{
		NodeGroupDesired: gauge("nodegroup_desired_nodes", "Wanted nodes of a group.", group...),
		NodeGroupCurrent: gauge("nodegroup_current_nodes", "Nodes of a group, those on their way in or out included.", group...),
		NodeGroupReady:   gauge("nodegroup_ready_nodes", "Nodes of a group that can run pods.", group...),
		NodeGroupMin:     gauge("nodegroup_min_nodes", "Lower bound of a group.", group...),
		NodeGroupMax:     gauge("nodegroup_max_nodes", "Upper bound of a group.", group...),
		NodeGroupCost:    gauge("nodegroup_cost_hourly", "Price of a group's machines an hour; of the wanted ones at the cheapest plan while it has none.", group...),

		NodePhase:        gauge("vpsienode_phase", "VPSieNodes in a phase.", "phase", LabelNodeGroup, LabelNamespace),
		PhaseTransitions: counter("vpsienode_phase_transitions_total", "Phase changes of VPSieNodes.", "from_phase", "to_phase", LabelNodeGroup, LabelNamespace),

		PendingPods:  gauge("pending_pods_current", "Pods that wait for a node.", LabelNamespace),
		UnplacedPods: gauge("unplaced_pods_current", "Pods for which the last plan does nothing.", "reason"),
		PlanDuration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "plan_duration_seconds", Help: "Time to make a plan.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),

		ScaleUps:    counter("scale_up_total", "Plans that bought nodes.", group...),
		NodesAdded:  histogram("scale_up_nodes_added", "Nodes bought by one plan.", prometheus.LinearBuckets(1, 1, 10), group...),
		PlannedPods: counter("planned_pods_total", "Pods that nodes were bought for, by what became of them once their node was open.", LabelNodeGroup, LabelNamespace, "fate"),
		ScaleDowns:  counter("scale_down_total", "Nodes given up.", group...),

		NodesReplaced: counter("nodes_replaced_total", "Nodes given up because they failed.", LabelNodeGroup, LabelNamespace, "reason"),

		ProvisioningDuration: histogram("node_provisioning_duration_seconds", "Time from the decision to a node that runs pods.", prometheus.ExponentialBuckets(10, 2, 10), group...),
		TerminationDuration:  histogram("node_termination_duration_seconds", "Time from the deletion of a VPSieNode to the proof that its machine is gone.", prometheus.ExponentialBuckets(1, 2, 12), group...),

		APIRequests:  counter("vpsie_api_requests_total", "Calls to the VPSie API.", "method", "status"),
		APIDuration:  histogram("vpsie_api_request_duration_seconds", "Duration of calls to the VPSie API.", prometheus.ExponentialBuckets(0.01, 2, 12), "method"),
		APIErrors:    counter("vpsie_api_errors_total", "Failed calls to the VPSie API.", "method", "error_type"),
		APIThrottled: histogram("vpsie_api_rate_limit_wait_duration_seconds", "Time that calls to the VPSie API waited for our own rate limit.", prometheus.ExponentialBuckets(0.001, 2, 12), "method"),

		BreakerState:   gauge("vpsie_api_circuit_breaker_state", "State of the circuit breaker of the VPSie API: 1 for the one it is in.", "state"),
		BreakerOpened:  single("vpsie_api_circuit_breaker_opened_total", "How often the circuit breaker of the VPSie API opened."),
		BreakerChanges: counter("vpsie_api_circuit_breaker_state_changes_total", "Changes of the circuit breaker of the VPSie API.", "from_state", "to_state"),

		CredentialAttempts:  single("credential_rotation_attempts_total", "New VPSie credentials that were seen."),
		CredentialSuccesses: single("credential_rotation_successes_total", "New VPSie credentials that were taken."),
		CredentialFailures:  single("credential_rotation_failures_total", "New VPSie credentials that were kept out."),
		CredentialValid:     gauge("credential_valid", "Whether VPSie accepted the credentials at the last call."),

		PodsEvicted: counter("node_drain_pods_evicted_total", "Pods evicted from nodes that go.", group...),

		Orphans:        gauge("orphans", "Machines and Nodes without VPSieNode, and machines that only look like ours.", "kind"),
		OrphansRemoved: counter("orphans_removed_total", "Orphans that the sweep has removed.", "kind"),
	}
	registerer.MustRegister(
		m.NodeGroupDesired, m.NodeGroupCurrent, m.NodeGroupReady, m.NodeGroupMin, m.NodeGroupMax, m.NodeGroupCost,
		m.NodePhase, m.PhaseTransitions, m.PendingPods, m.UnplacedPods, m.PlanDuration,
		m.ScaleUps, m.NodesAdded, m.PlannedPods, m.ScaleDowns, m.NodesReplaced, m.ProvisioningDuration, m.TerminationDuration,
		m.APIRequests, m.APIDuration, m.APIErrors, m.APIThrottled, m.PodsEvicted,
		m.BreakerState, m.BreakerOpened, m.BreakerChanges,
		m.CredentialAttempts, m.CredentialSuccesses, m.CredentialFailures, m.CredentialValid,
		m.Orphans, m.OrphansRemoved,
	)
	return m
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// single is a counter without labels, which is there from the start.
func single(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
}
