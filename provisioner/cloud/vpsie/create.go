package vpsie

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Create implements cloud.Provider. The machine gets a public IPv4 address, no backups, and a root password that VPSie makes
// up. A request without an image gets that of Options.ImageID.
func (c *Client) Create(ctx context.Context, request cloud.CreateRequest) error {
	if request.Hostname == "" || request.OfferingID == "" || request.DatacenterID == "" {
		return fmt.Errorf("create machine: host name %q, offering %q, data centre %q: none may be empty: %w",
			request.Hostname, request.OfferingID, request.DatacenterID, cloud.ErrInvalid)
	}
	body := createBody{
		PlanID: request.OfferingID, ImageID: request.ImageID, DatacenterID: request.DatacenterID,
		Hostname: strings.ToLower(request.Hostname), ProjectID: c.options.ProjectID,
		AddPublicIPv4: "1", AddPublicIPv6: "0", AddPrivateIP: "0",
		Backup: "0", WeeklyBackup: "0", MonthlyBackup: "0",
		GeneratedPassword: true,
		UserData:          base64.StdEncoding.EncodeToString(request.UserData),
		Tags:              tagTexts(request.Tags),
	}
	if body.ImageID == "" {
		body.ImageID = c.options.ImageID
	}
	_, err := c.send(ctx, call{
		name: "CreateMachine", method: http.MethodPost, path: c.options.VMPath, json: body,
		secrets: []string{body.UserData, string(request.UserData)},
	})
	if err != nil {
		return fmt.Errorf("create machine %s: %w", body.Hostname, err)
	}
	return nil
}
