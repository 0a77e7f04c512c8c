package httpapi

import (
	"net/http"
	"strconv"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// pendingRecord is an order in the queue.
type pendingRecord struct {
	ID           string             `json:"id"`
	User         map[string]any     `json:"user"`
	UserID       int                `json:"user_id"`
	Data         pendingData        `json:"data"`
	ResourceData planRecord         `json:"resourceData"`
	Datacenter   []datacenterRecord `json:"datacenter"`
	OSData       map[string]any     `json:"osData"`
	Running      int                `json:"running"`
	Type         string             `json:"type"`
}

// pendingData echoes an order, with flags as booleans and the root password in clear, as the real API does.
type pendingData struct {
	ResourceIdentifier  string   `json:"resourceIdentifier"`
	OSIdentifier        string   `json:"osIdentifier"`
	DCIdentifier        string   `json:"dcIdentifier"`
	Hostname            string   `json:"hostname"`
	AddPublicIPv4       bool     `json:"addPublicIpV4"`
	AddPublicIPv6       bool     `json:"addPublicIpV6"`
	AddPrivateIP        bool     `json:"addPrivateIp"`
	BackupEnabled       bool     `json:"backupEnabled"`
	WeeklyBackupEnabled bool     `json:"weeklyBackupEnabled"`
	MonthlyBackup       bool     `json:"monthlyBackupEnabled"`
	Tags                []string `json:"tags"`
	ProjectID           int      `json:"projectId"`
	VMPassword          string   `json:"vmPassword"`
	ProcessID           string   `json:"processId"`
	SSHKeyIdentifier    *string  `json:"sshKeyIdentifier"`
	ScriptIdentifier    *string  `json:"scriptIdentifier"`
	IsGeneratedPassword bool     `json:"isGeneratedPassword"`
	RequestIP           string   `json:"requestIp"`
	IsFromLibrary       bool     `json:"isCreateFromLibrary"`
}

func (a *API) pending(m cloud.Machine) pendingRecord {
	tags := m.Order.Tags
	if tags == nil {
		tags = []string{}
	}
	return pendingRecord{
		ID:     strconv.Itoa(m.ID),
		User:   map[string]any{"id": account.ID, "username": account.Name},
		UserID: account.ID,
		Data: pendingData{
			ResourceIdentifier: m.Order.PlanID, OSIdentifier: m.Order.ImageID, DCIdentifier: m.Order.DatacenterID, Hostname: m.Order.Hostname,
			AddPublicIPv4: m.Order.PublicIPv4, AddPublicIPv6: m.Order.PublicIPv6, AddPrivateIP: m.Order.PrivateIP,
			BackupEnabled: m.Order.Backup, WeeklyBackupEnabled: m.Order.WeeklyBackup, MonthlyBackup: m.Order.MonthlyBackup,
			Tags: tags, ProjectID: projectNumber(m.Order.ProjectID), VMPassword: m.Order.Password, ProcessID: m.Order.ProcessID,
			SSHKeyIdentifier: nullable(m.Order.SSHKeyID), ScriptIdentifier: nullable(m.Order.ScriptID),
			IsGeneratedPassword: m.GeneratedPassword, RequestIP: m.Order.CallerAddress,
		},
		ResourceData: a.plan(m.Plan),
		Datacenter:   []datacenterRecord{datacenter(m.Datacenter)},
		OSData:       map[string]any{"identifier": catalogue.Image.Identifier, "fullname": catalogue.Image.Name, "category": catalogue.Image.Family},
		Running:      1,
		Type:         machineType,
	}
}

func (a *API) listPending(w http.ResponseWriter, r *http.Request) {
	records := []pendingRecord{}
	for _, m := range a.cloud.Pending() {
		records = append(records, a.pending(m))
	}
	replyPage(a, w, r, records)
}
