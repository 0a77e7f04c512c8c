package vpsie

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Create implements cloud.Provider. The machine gets a public IPv4 address, no backups, and a root password that VPSie makes
// up. A request without an image gets that of Options.ImageID. Of several SSH keys VPSie takes the first; Configure puts on the rest.
func (c *Client) Create(ctx context.Context, request cloud.CreateRequest) error {
	request.Hostname = strings.ToLower(request.Hostname)
	body, err := c.createBody(request)
	if err == nil {
		err = c.order(ctx, body, request.UserData)
	}
	if err != nil {
		return fmt.Errorf("create machine %s: %w", request.Hostname, err)
	}
	return nil
}

func (c *Client) createBody(request cloud.CreateRequest) (createBody, error) {
	if c.options.ManagedKubernetes {
		return createBody{}, fmt.Errorf("machines of a managed cluster are not ordered one by one: %w", cloud.ErrInvalid)
	}
	if len(validation.IsDNS1123Label(request.Hostname)) > 0 || request.OfferingID == "" || request.DatacenterID == "" {
		return createBody{}, fmt.Errorf("host name %q, offering %q, data centre %q: want a DNS label and two identifiers: %w",
			request.Hostname, request.OfferingID, request.DatacenterID, cloud.ErrInvalid)
	}
	body := createBody{
		PlanID: request.OfferingID, ImageID: cmp.Or(request.ImageID, c.options.ImageID), DatacenterID: request.DatacenterID,
		Hostname: request.Hostname, ProjectID: c.options.ProjectID,
		AddPublicIPv4: "1", AddPublicIPv6: "0", AddPrivateIP: "0",
		Backup: "0", WeeklyBackup: "0", MonthlyBackup: "0",
		GeneratedPassword: true,
		Tags:              tagTexts(request.Tags),
	}
	if len(request.SSHKeyIDs) > 0 {
		body.SSHKeyID = request.SSHKeyIDs[0]
	}
	return body, nil
}

// order sends the order with its user data, in the way that was chosen.
func (c *Client) order(ctx context.Context, body createBody, userData []byte) (err error) {
	encoded := base64.StdEncoding.EncodeToString(userData)
	if c.options.UserDataVia == ViaUserData {
		body.UserData = encoded
	} else if len(userData) > 0 {
		if body.ScriptID, err = c.storeScript(ctx, body.Hostname, userData); err != nil {
			return c.notSent(err)
		}
	}
	_, err = c.send(ctx, call{
		name: "CreateMachine", method: http.MethodPost, path: c.options.VMPath, json: body,
		secrets: []string{encoded, string(userData)},
	})
	if errors.Is(err, cloud.ErrSoldOut) {
		err = fmt.Errorf("%w: %w", &cloud.SoldOutError{DatacenterID: body.DatacenterID, OfferingID: body.PlanID}, err)
	}
	if err != nil && cloud.Rejected(err) && body.ScriptID != "" {
		c.dropScripts(ctx, body.Hostname)
	}
	return err
}
