package main

import (
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie/managed"
)

// newProvider makes what sells machines, in the way that vpsie.mode names.
func (p *process) newProvider(meters *telemetry.Metrics) (cloud.Provider, error) {
	vpsieClient, err := p.newVPSieClient(meters)
	if err != nil || p.settings.VPSie.Mode != config.ModeKubernetes {
		return vpsieClient, err
	}
	// The ledger must not be read from a cache, which would also hold every ConfigMap of the cluster.
	live, err := client.New(p.manager.GetConfig(), client.Options{Scheme: p.manager.GetScheme(), Mapper: p.manager.GetRESTMapper()})
	if err != nil {
		return nil, fmt.Errorf("make the client of the workers' ledger: %w", err)
	}
	clusterID := p.settings.VPSie.ClusterID
	return managed.New(managed.Options{
		Client:       vpsieClient,
		ClusterID:    clusterID,
		Ledger:       managed.NewConfigMapLedger(live, p.settings.Cluster.Namespace, clusterID),
		AddTimeout:   p.settings.Controller.LaunchTimeout,
		PollInterval: p.settings.Controller.PollInterval,
		Logger:       p.log.WithName("workers"),
	})
}

// newVPSieClient makes the client of the VPSie API, and adds to the manager what keeps its credentials up to date.
func (p *process) newVPSieClient(meters *telemetry.Metrics) (*vpsie.Client, error) {
	settings := p.settings.VPSie
	source, rotation, err := p.credentialSource(meters)
	if err != nil {
		return nil, err
	}
	spans, err := p.tracerProvider()
	if err != nil {
		return nil, err
	}
	meters.BreakerState.WithLabelValues("closed").Set(1)
	client, err := vpsie.New(vpsie.Options{
		URL:               settings.URL,
		VMPath:            settings.VMPath,
		Credentials:       source,
		ManagedKubernetes: settings.Mode == config.ModeKubernetes,
		ProjectID:         settings.ProjectID,
		ImageID:           settings.ImageID,
		UserDataVia:       vpsie.UserDataVia(settings.UserDataVia),
		HoursPerMonth:     int64(settings.HoursPerMonth),
		CAFile:            settings.CAFile,
		Timeout:           settings.Timeout,
		RequestsPerMinute: settings.RequestsPerMinute,
		TracerProvider:    spans,
		Observer:          cloudCalls{meters},
		Logger:            p.log.WithName("vpsie"),
	})
	if err != nil || rotation == nil {
		return client, err
	}
	rotation.verify = client.Verify
	return client, p.manager.Add(rotation)
}

// cloudCalls counts the calls to the VPSie API.
type cloudCalls struct{ meters *telemetry.Metrics }

var _ vpsie.Observer = cloudCalls{}

// Call implements vpsie.Observer.
func (c cloudCalls) Call(method, status string, duration time.Duration) {
	c.meters.APIRequests.WithLabelValues(method, status).Inc()
	c.meters.APIDuration.WithLabelValues(method).Observe(duration.Seconds())
	// Credentials on trial are not those in use. An answer of 200 that refuses them is told to Failed a moment later.
	if method != vpsie.CallVerify && method != vpsie.CallLogin && status == "200" {
		c.meters.CredentialValid.WithLabelValues().Set(1)
	}
}

// Throttled implements vpsie.Observer.
func (c cloudCalls) Throttled(method string, wait time.Duration) {
	c.meters.APIThrottled.WithLabelValues(method).Observe(wait.Seconds())
}

// Failed implements vpsie.Observer.
func (c cloudCalls) Failed(method string, err error) {
	c.meters.APIErrors.WithLabelValues(method, errorType(err)).Inc()
	if method != vpsie.CallVerify && method != vpsie.CallLogin && errors.Is(err, cloud.ErrUnauthorized) {
		c.meters.CredentialValid.WithLabelValues().Set(0)
	}
}

// BreakerChanged implements vpsie.Observer.
func (c cloudCalls) BreakerChanged(from, to string) {
	c.meters.BreakerState.WithLabelValues(from).Set(0)
	c.meters.BreakerState.WithLabelValues(to).Set(1)
	c.meters.BreakerChanges.WithLabelValues(from, to).Inc()
	if to == "open" {
		c.meters.BreakerOpened.Inc()
	}
}

// errorTypes name the cloud's errors in metrics.
var errorTypes = []struct {
	err  error
	name string
}{
	{cloud.ErrUnauthorized, "unauthorized"},
	{cloud.ErrUnavailable, "circuit_open"},
	{cloud.ErrNotFound, "not_found"},
	{cloud.ErrRateLimited, "rate_limited"},
	{cloud.ErrQuota, "quota"},
	{cloud.ErrSoldOut, "sold_out"},
	{cloud.ErrInvalid, "client_error"},
	{cloud.ErrTransient, "server_error"},
}

func errorType(err error) string {
	for _, known := range errorTypes {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return "unknown"
}
