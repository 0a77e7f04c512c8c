package vpsie

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// scriptMark starts the second line of every script that this package stores, followed by the host name. Names alone would not
// prove that a script is ours to delete.
const scriptMark = "# VPSie Autoscaler: user data of "

// scriptEnd ends the document inside the script.
const scriptEnd = "END_OF_USER_DATA"

// scriptContent feeds a document to cloud-init as a NoCloud seed would. The instance ID is new, so cloud-init runs what it runs on
// a first boot, even if the image has booted before.
func scriptContent(hostname string, userData []byte) string {
	return `#!/bin/bash
` + scriptMark + hostname + `
set -eu
umask 077
seed=/var/lib/cloud/seed/nocloud
mkdir -p "$seed"
printf 'instance-id: %s\nlocal-hostname: %s\n' '` + hostname + `' '` + hostname + `' >"$seed/meta-data"
base64 -d >"$seed/user-data" <<'` + scriptEnd + `'
` + base64.StdEncoding.EncodeToString(userData) + `
` + scriptEnd + `
printf 'datasource_list: [NoCloud, None]\n' >/etc/cloud/cloud.cfg.d/99-vpsie-autoscaler.cfg
cloud-init init --local
cloud-init init
cloud-init modules --mode=config
cloud-init modules --mode=final
`
}

// storeScript stores the user data of a machine as a script and returns its identifier. One that an earlier try has left is
// replaced: its token may have been withdrawn since.
func (c *Client) storeScript(ctx context.Context, hostname string, userData []byte) (string, error) {
	if err := c.deleteScriptsOf(ctx, hostname); err != nil {
		return "", fmt.Errorf("replace the script of an earlier try: %w", err)
	}
	content := scriptContent(hostname, userData)
	c.scripts.remember(hostname)
	_, err := c.send(ctx, call{
		name: "AddScript", method: http.MethodPost, path: "/apps/v2/script/add",
		json:    scriptBody{Name: hostname, Content: content, Type: "bash", Tags: []string{}},
		secrets: []string{content, base64.StdEncoding.EncodeToString(userData), string(userData)},
	})
	if err != nil {
		return "", fmt.Errorf("store script: %w", err)
	}
	// The answer does not name the script.
	rows, err := c.listScripts(ctx)
	if err != nil {
		return "", err
	}
	for _, row := range rows {
		if row.hostname() == hostname && row.Identifier != "" {
			return string(row.Identifier), nil
		}
	}
	return "", fmt.Errorf("%w: the script was stored and is not listed", cloud.ErrTransient)
}

// deleteScriptsOf deletes the scripts that were stored for a machine.
func (c *Client) deleteScriptsOf(ctx context.Context, hostname string) error {
	rows, err := c.listScripts(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.hostname() != hostname {
			continue
		}
		if err := c.deleteScript(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// dropScripts deletes the scripts of a machine as well as it can. The sweep makes good what fails here.
func (c *Client) dropScripts(ctx context.Context, hostname string) {
	if err := c.deleteScriptsOf(ctx, strings.ToLower(hostname)); err != nil {
		c.options.Logger.Info("Cannot delete the script of a machine", "hostname", hostname, "reason", err.Error())
		return
	}
	c.scripts.forget(strings.ToLower(hostname))
}

// deleteScript deletes a script if its content proves that this package stored it.
func (c *Client) deleteScript(ctx context.Context, row scriptRecord) error {
	content := row.Content
	if content == "" {
		answer, err := c.read(ctx, call{name: "GetScript", path: "/apps/v2/script/" + url.PathEscape(string(row.Identifier))})
		if isNotFound(err) || err == nil && answer.noObject() {
			return nil
		}
		var details scriptRecord
		if err == nil {
			err = answer.decode(&details)
		}
		if err != nil {
			return fmt.Errorf("read script %s: %w", row.Name, err)
		}
		content = details.Content
	}
	if !strings.Contains(string(content), scriptMark+row.hostname()+"\n") {
		return nil
	}
	_, err := c.send(ctx, call{
		name: "DeleteScript", method: http.MethodDelete, path: "/apps/v2/script", json: deleteScriptBody{Identifier: string(row.Identifier)},
	})
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("delete script %s: %w", row.Name, err)
	}
	return nil
}

// listScripts lists the scripts of the account. VPSie says data:false where there is no script, so that stands for none.
func (c *Client) listScripts(ctx context.Context) ([]scriptRecord, error) {
	rows, err := list[scriptRecord](ctx, c, call{name: "ListScripts", path: "/apps/v2/scripts", mayBeAbsent: true})
	if err != nil {
		return nil, fmt.Errorf("list scripts: %w", err)
	}
	return rows, nil
}

// hostname is the machine that the script was stored for, if it is one of ours. VPSie appends ".sh" to the name that it is given.
func (r scriptRecord) hostname() string {
	return strings.ToLower(strings.TrimSuffix(string(r.Name), ".sh"))
}
