package httpapi

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// machineRecord is a machine as the lists show it, with the root password in clear, as the real API does.
type machineRecord struct {
	ID                  int     `json:"id"`
	Identifier          string  `json:"identifier"`
	Hostname            string  `json:"hostname"`
	DefaultIP           string  `json:"default_ip"`
	DefaultIPv6         *string `json:"default_ipv6"`
	PrivateIP           *string `json:"private_ip"`
	PublicIP            *string `json:"publicIp"`
	AddedIPAddresses    *string `json:"added_ip_addresses"`
	NrAddedIPs          int     `json:"nr_added_ips"`
	CPU                 int     `json:"cpu"`
	RAM                 int     `json:"ram"`
	SSD                 int     `json:"ssd"`
	Traffic             int     `json:"traffic"`
	BoxsizeID           int     `json:"boxsize_id"`
	BoximageID          int     `json:"boximage_id"`
	DatacenterID        int     `json:"datacenter_id"`
	DCIdentifier        string  `json:"dcIdentifier"`
	NodeID              int     `json:"node_id"`
	BoxVirtualizationID string  `json:"box_virtualization_id"`
	ProjectID           int     `json:"projectId"`
	UserID              int     `json:"user_id"`
	Firstname           string  `json:"firstname"`
	Lastname            string  `json:"lastname"`
	Username            string  `json:"username"`
	IsActive            int     `json:"is_active"`
	Power               int     `json:"power"`
	IsLocked            int     `json:"is_locked"`
	IsSuspended         int     `json:"is_suspended"`
	BoxesSuspended      int     `json:"boxes_suspended"`
	IsTerminated        int     `json:"is_terminated"`
	IsDeleted           int     `json:"is_deleted"`
	InPCS               int     `json:"in_pcs"`
	CreatedOn           string  `json:"created_on"`
	LastUpdated         string  `json:"last_updated"`
	DroppedOn           *string `json:"dropped_on"`
	LastActionDate      *string `json:"last_action_date"`
	LastActionInMin     int     `json:"last_action_in_min"`
	InitialPassword     string  `json:"initial_password"`
	Notes               *string `json:"notes"`
	ScriptID            *string `json:"script_id"`
	SSHKeyID            *string `json:"sshkey_id"`
	State               string  `json:"state"` // of the data centre, not of the machine
	Category            string  `json:"category"`
	Fullname            string  `json:"fullname"`
	VMDescription       string  `json:"vmDescription"`
	VMType              string  `json:"vmType"`
	IsAutobackup        int     `json:"is_autobackup"`
	WeeklyBackup        int     `json:"weekly_backup"`
	MonthlyBackup       int     `json:"monthly_backup"`
	DailySnapshot       int     `json:"daily_snapshot"`
	WeeklySnapshot      int     `json:"weekly_snapshot"`
	MonthlySnap         int     `json:"monthly_snap"`
	CustomPrice         *int    `json:"custom_price"`
	IsCustom            int     `json:"is_custom"`
	IsFIPAvailable      int     `json:"is_fip_available"`
	IsBucketAvailable   int     `json:"is_bucket_available"`
	IsSATAAvailable     int     `json:"is_sata_available"`
	IsSSDAvailable      int     `json:"is_ssd_available"`

	Tags json.RawMessage `json:"tags,omitempty"` // only when the options ask for it
}

// Kinds of machines.
const (
	machineType = "vm"
	workerType  = "k8s"
)

func machine(m cloud.Machine) machineRecord {
	return machineRecord{
		ID: m.ID, Identifier: m.Identifier, Hostname: m.Hostname(),
		DefaultIP: defaultIP(m), DefaultIPv6: nullable(m.PublicIPv6), PrivateIP: nullable(m.PrivateIPv4), PublicIP: nullable(m.PublicIPv4),
		CPU: m.Plan.CPU, RAM: m.Plan.MemoryMB, SSD: m.Plan.DiskGB, Traffic: m.Plan.TrafficGB, BoxsizeID: m.Plan.ID,
		BoximageID: catalogue.Image.ID, Category: catalogue.Image.Family, Fullname: catalogue.Image.Name,
		DatacenterID: m.Datacenter.ID, DCIdentifier: m.Datacenter.Identifier, State: m.Datacenter.State,
		NodeID: m.Datacenter.ID*100 + m.ID%8, BoxVirtualizationID: strconv.Itoa(10_000 + m.ID),
		ProjectID: projectNumber(m.Order.ProjectID), UserID: account.ID, Firstname: account.Name, Lastname: account.Name, Username: account.Name,
		IsActive: bit(m.Active()), Power: bit(m.Powered()), InPCS: bit(busy(m)), IsSuspended: bit(m.Suspended),
		CreatedOn: timestamp(m.Created), LastUpdated: timestamp(lastUpdate(m)),
		InitialPassword: m.Order.Password, Notes: m.Order.Notes,
		ScriptID: nullable(m.Order.ScriptID), SSHKeyID: nullable(firstOf(m.SSHKeys)), VMType: machineType,
		IsAutobackup: bit(m.Order.Backup), WeeklyBackup: bit(m.Order.WeeklyBackup), MonthlyBackup: bit(m.Order.MonthlyBackup),
		IsFIPAvailable: 1, IsBucketAvailable: 1, IsSSDAvailable: 1,
	}
}

// defaultIP is the public address, or the private one of a machine without; it is empty when the machine has neither.
func defaultIP(m cloud.Machine) string {
	if m.PublicIPv4 != "" {
		return m.PublicIPv4
	}
	return m.PrivateIPv4
}

// projectNumber is the project as records show it: a number even when the order named it by UUID.
func projectNumber(project string) int {
	n, err := strconv.Atoi(project)
	if err != nil {
		return account.ProjectID
	}
	return n
}

func lastUpdate(m cloud.Machine) time.Time {
	last := m.Created
	for _, t := range []time.Time{m.Listed, m.Booted, m.DeleteRequested} {
		if t.After(last) {
			last = t
		}
	}
	return last
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// busy tells whether a task is running on a machine. A list that is behind shows a machine that is gone as being deleted.
func busy(m cloud.Machine) bool {
	return m.Busy || m.State == cloud.StateDeleting || m.State == cloud.StateGone
}

func firstOf(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return items[0]
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
