package karpenter

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/log"
	karpenterv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning/scheduling"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/operator/injection"
	"sigs.k8s.io/karpenter/pkg/operator/logging"
	"sigs.k8s.io/karpenter/pkg/operator/options"

	"github.com/vpsie/vpsie-autoscaler/test/bench/scenarios"
)

// Workers is the number of goroutines with which Karpenter tries its open nodes.
const Workers = 2

// Node is a machine that Karpenter would buy.
type Node struct {
	// OfferingID is the cheapest offering that Karpenter's requirements for the machine leave.
	OfferingID string
	// Pods are the namespace/name of its pods.
	Pods []string
}

// Problem is a scenario made ready, so that only the scheduler's own work is measured afterwards.
type Problem struct {
	market *market
	pods   []*corev1.Pod
}

// Prepare puts the scenario in Karpenter's terms.
func Prepare(s *scenarios.Scenario) *Problem {
	log.SetLogger(logging.NopLogger)
	return &Problem{market: newMarket(s.Offerings), pods: s.Pods}
}

// Solution is what one run decided.
type Solution struct {
	market  *market
	results scheduling.Results
	// Unfinished says that the time limit ended the run.
	Unfinished bool
}

// Solve makes a new scheduler and lets it place all pods. A run that meets the limit ends with what it has, as in production.
func (p *Problem) Solve(limit time.Duration) (*Solution, error) {
	ctx := options.ToContext(injection.WithControllerName(context.Background(), "provisioner"), &options.Options{
		PreferencePolicy: options.PreferencePolicyRespect, MinValuesPolicy: options.MinValuesPolicyStrict, IgnoreDRARequests: true,
	})
	scheduler, err := p.scheduler(ctx)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	results, err := scheduler.Solve(limited, p.pods)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("let Karpenter schedule: %w", err)
	}
	return &Solution{market: p.market, results: results, Unfinished: limited.Err() != nil}, nil
}

func (p *Problem) scheduler(ctx context.Context) (*scheduling.Scheduler, error) {
	pool, client, now := permissive(), fake.NewClientBuilder().Build(), clock.RealClock{}
	pools := []*karpenterv1.NodePool{pool}
	types := map[string][]*cloudprovider.InstanceType{pool.Name: p.market.types}
	cluster := state.NewCluster(now, client, nil)
	workers := scheduling.NumConcurrentReconciles(Workers)
	topology, err := scheduling.NewTopology(ctx, client, cluster, nil, pools, types, p.pods, workers)
	if err != nil {
		return nil, fmt.Errorf("make Karpenter's topology: %w", err)
	}
	recorder := events.NewRecorder(&record.FakeRecorder{})
	return scheduling.NewScheduler(ctx, client, pools, cluster, nil, topology, types, nil, recorder, now, nil, nil, workers), nil
}

// Nodes are the machines of the solution. It fails when Karpenter left a machine without an offering.
func (s *Solution) Nodes() ([]Node, error) {
	nodes := make([]Node, 0, len(s.results.NewNodeClaims))
	for _, claim := range s.results.NewNodeClaims {
		var best *cloudprovider.Offering
		var plan string
		for _, t := range claim.InstanceTypeOptions {
			if o := t.Offerings.Available().Compatible(claim.Requirements).Cheapest(); o != nil && (best == nil || o.Price < best.Price) {
				best, plan = o, t.Name
			}
		}
		if best == nil {
			return nil, fmt.Errorf("no offering is left for a machine of %d pods", len(claim.Pods))
		}
		node := Node{OfferingID: s.market.ids[[2]string{plan, best.Zone()}]}
		for _, pod := range claim.Pods {
			node.Pods = append(node.Pods, pod.Namespace+"/"+pod.Name)
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}
