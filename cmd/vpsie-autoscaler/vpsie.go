package main

import (
	"errors"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// newProvider makes the client of the VPSie API.
func (p *process) newProvider(meters *telemetry.Metrics) (cloud.Provider, error) {
	settings := p.settings.VPSie
	return vpsie.New(vpsie.Options{
		URL:               settings.URL,
		VMPath:            settings.VMPath,
		Token:             vpsie.TokenFromFile(settings.TokenFile),
		ProjectID:         settings.ProjectID,
		ImageID:           settings.ImageID,
		HoursPerMonth:     int64(settings.HoursPerMonth),
		CAFile:            settings.CAFile,
		Timeout:           settings.Timeout,
		RequestsPerMinute: settings.RequestsPerMinute,
		Observer:          cloudCalls{meters},
		Logger:            p.log.WithName("vpsie"),
	})
}

// cloudCalls counts the calls to the VPSie API.
type cloudCalls struct{ meters *telemetry.Metrics }

var _ vpsie.Observer = cloudCalls{}

// Call implements vpsie.Observer.
func (c cloudCalls) Call(method, status string, duration time.Duration) {
	c.meters.APIRequests.WithLabelValues(method, status).Inc()
	c.meters.APIDuration.WithLabelValues(method).Observe(duration.Seconds())
}

// Throttled implements vpsie.Observer.
func (c cloudCalls) Throttled(method string, wait time.Duration) {
	c.meters.APIThrottled.WithLabelValues(method).Observe(wait.Seconds())
}

// Failed implements vpsie.Observer.
func (c cloudCalls) Failed(method string, err error) {
	c.meters.APIErrors.WithLabelValues(method, errorType(err)).Inc()
}

// errorTypes name the cloud's errors in metrics.
var errorTypes = []struct {
	err  error
	name string
}{
	{cloud.ErrUnauthorized, "unauthorized"},
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
