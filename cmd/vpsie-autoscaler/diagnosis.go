package main

import (
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/vpsie/vpsie-autoscaler/extender/receiver"
	"github.com/vpsie/vpsie-autoscaler/extender/serving"
)

// addDiagnosis adds the server that a kube-scheduler with our plugin reports to, unless it is off. Replicas that were not elected listen
// too, so that the next one knows what the last one knew.
func (p *process) addDiagnosis(to receiver.Receiver) error {
	settings := p.settings.Controller.Diagnosis
	if !settings.On() {
		return nil
	}
	log := p.log.WithName("diagnosis")
	handler, err := receiver.NewHandler(to, receiver.Options{Registerer: metrics.Registry, Log: log})
	if err != nil {
		return err
	}
	server, err := serving.New(handler, serving.Options{
		Name: "receiver of diagnoses", Address: settings.Listen,
		CertFile: settings.CertFile, KeyFile: settings.KeyFile, ClientCAFile: settings.ClientCAFile, Log: log,
	})
	if err != nil {
		return err
	}
	if err := p.manager.Add(server); err != nil {
		return fmt.Errorf("add the receiver of diagnoses: %w", err)
	}
	return p.manager.AddReadyzCheck("diagnosis", server.Ready)
}
