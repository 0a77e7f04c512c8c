package adminapi

import (
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// machine is a machine without its secrets.
type machine struct {
	Hostname     string      `json:"hostname"`
	Identifier   string      `json:"identifier"`
	Plan         string      `json:"plan"` // nickname
	PlanID       string      `json:"planIdentifier"`
	Datacenter   string      `json:"datacenter"` // short code
	MonthlyPrice float64     `json:"monthlyPrice"`
	HourlyPrice  float64     `json:"hourlyPrice"`
	State        cloud.State `json:"state"`
	JoinError    string      `json:"joinError,omitempty"`
	Tags         []string    `json:"tags,omitempty"`
	SSHKeys      []string    `json:"sshKeys,omitempty"`   // identifiers
	ClusterID    string      `json:"clusterID,omitempty"` // of the managed cluster that it is a worker of
	Suspended    bool        `json:"suspended,omitempty"`

	Created         time.Time `json:"created"`
	Accepted        time.Time `json:"accepted"`
	Listed          time.Time `json:"listed,omitzero"`
	Booted          time.Time `json:"booted,omitzero"`
	Joined          time.Time `json:"joined,omitzero"`
	Ready           time.Time `json:"ready,omitzero"`
	DeleteRequested time.Time `json:"deleteRequested,omitzero"`
	Gone            time.Time `json:"gone,omitzero"`
}

func describe(m cloud.Machine) machine {
	return machine{
		Hostname:     m.Order.Hostname,
		Identifier:   m.Identifier,
		Plan:         m.Plan.Nickname,
		PlanID:       m.Plan.Identifier,
		Datacenter:   m.Datacenter.Name,
		MonthlyPrice: m.Plan.MonthlyUnits(),
		HourlyPrice:  m.Plan.Hourly().Units(),
		State:        m.State,
		JoinError:    m.JoinError,
		Tags:         m.Tags,
		SSHKeys:      m.SSHKeys,
		ClusterID:    m.Membership.ClusterID,
		Suspended:    m.Suspended,

		Created:         m.Created,
		Accepted:        m.Accepted,
		Listed:          m.Listed,
		Booted:          m.Booted,
		Joined:          m.Joined,
		Ready:           m.Ready,
		DeleteRequested: m.DeleteRequested,
		Gone:            m.Gone,
	}
}
