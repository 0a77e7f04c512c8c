// Package catalogue is what the simulated cloud sells: ten plans in three data centres, their categories, and one image.
// Everything in it is made up; only the shape of the identifiers and the letters of the categories are VPSie's. Identifiers are
// the same in every run, so that a configuration written once keeps working.
package catalogue

import (
	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// Image is the only operating-system image on offer: a Linux with container runtime, kubelet and kubeadm installed.
var Image = OSImage{ID: 4101, Identifier: "0000f001-5a11-11f0-a000-000000000001", Name: "Ubuntu 24.04 LTS with kubeadm 1.37", Family: "ubuntu"}

// OSImage is what a machine is installed from.
type OSImage struct {
	ID         int // numeric identifier in VM records
	Identifier string
	Name       string
	Family     string
}

// Category groups plans. Its name is a single letter.
type Category struct {
	Identifier string
	Name       string
}

// BalloonCategory is the category whose machines share memory by ballooning.
const BalloonCategory = "A"

// Categories are all categories, with one (N) in which nothing is sold.
var Categories = []Category{
	{Identifier: "0000c001-5a11-11f0-a000-000000000001", Name: "A"},
	{Identifier: "0000c002-5a11-11f0-a000-000000000001", Name: "C"},
	{Identifier: "0000c003-5a11-11f0-a000-000000000001", Name: "M"},
	{Identifier: "0000c004-5a11-11f0-a000-000000000001", Name: "G"},
	{Identifier: "0000c005-5a11-11f0-a000-000000000001", Name: "N"},
}

// Datacenter is a place where machines are sold.
type Datacenter struct {
	ID         int // numeric identifier in VM records
	Identifier string
	Name       string // short code, for example "HEL"
	State      string // geographic region
	Country    string

	surchargePercent int64    // on every list price
	notSold          []string // nicknames of the plans that this data centre does not have
}

// Datacenters are all data centres; the first one has the list prices.
var Datacenters = []Datacenter{
	{
		ID: 1, Identifier: "0000d001-5a11-11f0-a000-005056aa0001", Name: "HEL", State: "Uusimaa", Country: "Finland",
		notSold: []string{"C-16", "M-16"},
	},
	{
		ID: 2, Identifier: "0000d002-5a11-11f0-a000-005056aa0002", Name: "AMS", State: "North Holland", Country: "Netherlands",
		surchargePercent: 5, notSold: []string{"A-Starter-1", "C-4"},
	},
	{
		ID: 3, Identifier: "0000d003-5a11-11f0-a000-005056aa0003", Name: "NYC", State: "New York", Country: "United States",
		surchargePercent: 15, notSold: []string{"G-8", "M-4"},
	},
}

// Plan is a size of machine as one data centre sells it.
type Plan struct {
	ID           int // numeric identifier in VM records
	Identifier   string
	Nickname     string
	Category     string // name of a Category
	CPU          int    // virtual CPUs
	MemoryMB     int
	DiskGB       int
	TrafficGB    int
	NetSpeedMbit int
	CentsMonthly int64 // price per billing month in hundredths of a US dollar
}

// MonthlyUnits is the price per month in US dollars, as the API quotes it.
func (p Plan) MonthlyUnits() float64 { return float64(p.CentsMonthly) / 100 }

// Hourly is the price per hour of a 720-hour month.
func (p Plan) Hourly() money.PerHour {
	const nanosPerCent = 10_000_000
	return money.PerMonth(p.CentsMonthly * nanosPerCent).Hourly(money.HoursPerMonth)
}
