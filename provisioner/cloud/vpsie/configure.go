package vpsie

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// Configure implements cloud.Provider.
//
// machine.Tags are the tags that the caller put on before: of those, what is no longer wanted is taken off. So are unwanted tags of
// the autoscaler's own key prefix, and other values of wanted keys. All other tags, those that people set in the console among
// them, stay.
//
// VPSie does not tell which keys a machine has beyond the first, so each key is put on once for as long as this client lives.
func (c *Client) Configure(ctx context.Context, machine cloud.Machine, wanted cloud.Attributes) error {
	if err := c.configure(ctx, machine, wanted); err != nil {
		return fmt.Errorf("configure machine %s (%s): %w", machine.Hostname, machine.ID, err)
	}
	return nil
}

func (c *Client) configure(ctx context.Context, machine cloud.Machine, wanted cloud.Attributes) error {
	details, err := c.details(ctx, machine.ID)
	if err != nil {
		if isNotFound(err) {
			c.keys.forget(machine.ID)
		}
		return err
	}
	known := string(details.VM.Hostname)
	if known != "" && machine.Hostname != "" && !strings.EqualFold(known, machine.Hostname) {
		return fmt.Errorf("VPSie calls this machine %s, it is not ours to change: %w", known, cloud.ErrInvalid)
	}
	return errors.Join(
		c.putTags(ctx, machine, details.Tags, wanted.Tags),
		c.putKeys(ctx, machine.ID, string(details.VM.SSHKeyID), wanted.SSHKeyIDs),
	)
}

// putTags brings the tags of a machine up to date. Without knowing the present ones it only adds: a replacement might take off what
// people have put on.
func (c *Client) putTags(ctx context.Context, machine cloud.Machine, present tagList, wanted map[string]string) error {
	request := call{name: "AddTags", method: http.MethodPost, path: c.options.VMPath + "/addtags"}
	if present.known {
		target := retag(present.texts, machine.Tags, wanted)
		if sameTags(target, present.texts) {
			return nil
		}
		request = call{name: "EditTags", method: http.MethodPut, path: "/apps/v2/tags/edit"}
		request.json = tagsBody{Entity: "boxes", Identifier: machine.ID, Tags: target}
	} else {
		if len(wanted) == 0 {
			return nil
		}
		request.json = addTagsBody{Identifier: machine.ID, Tags: tagTexts(wanted)}
	}
	if _, err := c.send(ctx, request); err != nil {
		return fmt.Errorf("tags: %w", err)
	}
	return nil
}

// putKeys puts on the keys that are not known to be there.
func (c *Client) putKeys(ctx context.Context, machineID, first string, wanted []string) error {
	for _, key := range wanted {
		if key == first || c.keys.has(machineID, key) {
			continue
		}
		_, err := c.send(ctx, call{
			name: "AddSSHKey", method: http.MethodPost, path: c.options.VMPath + "/sshkey",
			json: sshKeyBody{Identifier: machineID, KeyID: key},
		})
		if isNotFound(err) {
			// Not the machine, which was found a moment ago: callers take ErrNotFound for a machine that is gone.
			err = fmt.Errorf("%w: VPSie does not find it, use a key of the account", cloud.ErrInvalid)
		}
		if err != nil {
			return fmt.Errorf("SSH key %s: %w", key, err)
		}
		c.keys.add(machineID, key)
	}
	return nil
}

// keyMemory remembers which keys were put on which machine.
type keyMemory struct {
	mu  sync.Mutex
	put map[string]sets.Set[string] // by machine
}

func (m *keyMemory) has(machineID, key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.put[machineID].Has(key)
}

func (m *keyMemory) add(machineID, key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.put[machineID] == nil {
		m.put[machineID] = sets.Set[string]{}
	}
	m.put[machineID].Insert(key)
}

func (m *keyMemory) forget(machineID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.put, machineID)
}

func isNotFound(err error) bool { return errors.Is(err, cloud.ErrNotFound) }
