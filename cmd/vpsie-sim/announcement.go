package main

import (
	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

// announcement is the line of JSON that tells how to use a simulator.
type announcement struct {
	URL             string  `json:"url"`
	AdminURL        string  `json:"adminURL"`
	CACertFile      string  `json:"caCertFile,omitempty"`
	Datacenters     []named `json:"datacenters"`
	ImageIdentifier string  `json:"imageIdentifier"`
	SSHKeys         []named `json:"sshKeys"`
	Clusters        []named `json:"clusters,omitempty"`
}

// named is something with an identifier.
type named struct {
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
}

func announce(server *simulator.Server, authority string, sim *simulator.Simulator) announcement {
	a := announcement{URL: server.URL, AdminURL: server.AdminURL, CACertFile: authority, ImageIdentifier: catalogue.Image.Identifier}
	for _, d := range catalogue.Datacenters {
		a.Datacenters = append(a.Datacenters, named{Identifier: d.Identifier, Name: d.Name})
	}
	for _, k := range sim.Account().SSHKeys() {
		a.SSHKeys = append(a.SSHKeys, named{Identifier: k.Identifier, Name: k.Name})
	}
	for _, c := range sim.Clusters() {
		a.Clusters = append(a.Clusters, named{Identifier: c.Identifier, Name: c.Name})
	}
	return a
}
