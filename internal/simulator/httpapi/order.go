package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// createRequest is the body of a creation. Flags are kept raw because their type matters.
type createRequest struct {
	ResourceIdentifier  string          `json:"resourceIdentifier"`
	OSIdentifier        string          `json:"osIdentifier"`
	DCIdentifier        string          `json:"dcIdentifier"`
	Hostname            string          `json:"hostname"`
	ProjectID           string          `json:"projectId"`
	AddPublicIPv4       json.RawMessage `json:"addPublicIpV4"`
	AddPublicIPv6       json.RawMessage `json:"addPublicIpV6"`
	AddPrivateIP        json.RawMessage `json:"addPrivateIp"`
	BackupEnabled       json.RawMessage `json:"backupEnabled"`
	WeeklyBackupEnabled json.RawMessage `json:"weeklyBackupEnabled"`
	MonthlyBackup       json.RawMessage `json:"monthlyBackupEnabled"`
	VMPassword          string          `json:"vmPassword"`
	SSHKeyIdentifier    string          `json:"sshKeyIdentifier"`
	ScriptIdentifier    string          `json:"scriptIdentifier"`
	ProcessID           string          `json:"processId"`
	UserData            string          `json:"userData"`
	Tags                []string        `json:"tags"`
	Notes               *string         `json:"notes"`
}

// decodeOrder reads the body of a creation. The error never quotes the body, which holds secrets.
func decodeOrder(r *http.Request) (cloud.Order, error) {
	var body createRequest
	if json.NewDecoder(r.Body).Decode(&body) != nil {
		return cloud.Order{}, errors.New("the body is not the JSON of a machine")
	}
	for name, value := range map[string]string{
		"resourceIdentifier": body.ResourceIdentifier, "osIdentifier": body.OSIdentifier,
		"dcIdentifier": body.DCIdentifier, "hostname": body.Hostname, "projectId": body.ProjectID,
	} {
		if value == "" {
			return cloud.Order{}, fmt.Errorf("%s is missing", name)
		}
	}
	numbersCount := strings.HasPrefix(r.URL.Path, prefixLenient)
	caller, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		caller = r.RemoteAddr // an in-process call has no port
	}
	return cloud.Order{
		Hostname:      body.Hostname,
		PlanID:        body.ResourceIdentifier,
		ImageID:       body.OSIdentifier,
		DatacenterID:  body.DCIdentifier,
		ProjectID:     body.ProjectID,
		PublicIPv4:    flag(body.AddPublicIPv4, numbersCount),
		PublicIPv6:    flag(body.AddPublicIPv6, numbersCount),
		PrivateIP:     flag(body.AddPrivateIP, numbersCount),
		Backup:        flag(body.BackupEnabled, numbersCount),
		WeeklyBackup:  flag(body.WeeklyBackupEnabled, numbersCount),
		MonthlyBackup: flag(body.MonthlyBackup, numbersCount),
		Password:      body.VMPassword,
		UserData:      body.UserData,
		Tags:          body.Tags,
		Notes:         body.Notes,
		SSHKeyID:      body.SSHKeyIdentifier,
		ScriptID:      body.ScriptIdentifier,
		ProcessID:     body.ProcessID,
		CallerAddress: caller,
	}, nil
}

// flag reads a flag. The string "1" sets it; a number or boolean does so only where numbersCount, and is else ignored, as the
// real API ignores it.
func flag(raw json.RawMessage, numbersCount bool) bool {
	switch string(raw) {
	case `"1"`:
		return true
	case `1`, `true`:
		return numbersCount
	}
	return false
}
