package vpsie

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Delete implements cloud.Provider. It refuses to delete a machine that VPSie knows under another host name than the caller.
func (c *Client) Delete(ctx context.Context, machine cloud.Machine) error {
	if machine.ID == "" {
		return fmt.Errorf("delete machine %s: it has no ID, wait until it is built: %w", machine.Hostname, cloud.ErrInvalid)
	}
	if err := c.delete(ctx, machine); err != nil && !isNotFound(err) {
		return fmt.Errorf("delete machine %s (%s): %w", machine.Hostname, machine.ID, err)
	}
	c.keys.forget(machine.ID)
	if c.options.UserDataVia == ViaScript {
		c.dropScripts(ctx, machine.Hostname)
	}
	return nil
}

func (c *Client) delete(ctx context.Context, machine cloud.Machine) error {
	// VPSie wants the root password with a deletion. It lives only as long as this call.
	details, err := c.lookUp(ctx, machine.ID)
	if err != nil {
		return fmt.Errorf("look it up: %w", err)
	}
	known := string(details.VM.Hostname)
	if known != "" && machine.Hostname != "" && !strings.EqualFold(known, machine.Hostname) {
		return fmt.Errorf("VPSie calls this machine %s, it is not ours to delete: %w", known, cloud.ErrInvalid)
	}
	password := string(details.VM.InitialPassword)
	_, err = c.send(ctx, call{
		name: "DeleteMachine", method: http.MethodDelete, path: c.options.VMPath,
		json: deleteBody{
			Identifier: machine.ID, Password: password,
			Statistic: deleteReason{Reason: "autoscaler", Note: "deleted by the VPSie Autoscaler"},
		},
		secrets: []string{password},
	})
	return err
}

// lookUp reads one machine. A machine that VPSie does not find has no details and is no error: what an unknown machine looks
// like is not certain, so the deletion is sent all the same.
func (c *Client) lookUp(ctx context.Context, id string) (vmDetails, error) {
	var details vmDetails
	answer, err := c.read(ctx, call{name: "GetMachine", path: c.options.VMPath + "/" + url.PathEscape(id)})
	if isNotFound(err) || err == nil && answer.noObject() {
		return details, nil
	}
	if err != nil {
		return details, err
	}
	return details, answer.decode(&details)
}
