package main

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/vpsie/vpsie-autoscaler/extender"
)

// addExtender adds the server that kube-scheduler asks.
func (p *process) addExtender(context.Context) error {
	settings := p.settings.Extender
	server, err := extender.Setup(p.manager, extender.Options{
		Prioritize: settings.Prioritize, Filter: settings.Filter, Preempt: settings.Preempt,
		Address:  settings.Listen,
		CertFile: settings.CertFile, KeyFile: settings.KeyFile, ClientCAFile: settings.ClientCAFile,
		Registerer: metrics.Registry,
		Log:        p.log.WithName("extender"),
	})
	if err != nil {
		return fmt.Errorf("set up the extender: %w", err)
	}
	return p.manager.AddReadyzCheck("extender", server.Ready)
}
