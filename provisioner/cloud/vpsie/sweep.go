package vpsie

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	// scriptGrace is how long a script is kept whose machine is in neither list: it may be ordered just now.
	scriptGrace = 15 * time.Minute
	// sweepInterval is the time between two looks for scripts that a process left that is gone.
	sweepInterval = 10 * time.Minute
)

// scriptMemory remembers the machines that scripts were stored for, to know when to look after them.
type scriptMemory struct {
	mu      sync.Mutex
	seen    map[string]time.Time // when a script of the host name was first known
	sweptAt time.Time
}

func (m *scriptMemory) remember(hostname string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[hostname] = time.Now()
}

func (m *scriptMemory) forget(hostname string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, hostname)
}

// since is when a script of the host name was first known.
func (m *scriptMemory) since(hostname string) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.seen[hostname]
	if !ok {
		at = time.Now()
		m.seen[hostname] = at
	}
	return at
}

// due reports whether to sweep now, and counts as a sweep if so.
func (m *scriptMemory) due(built map[string]bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	due := m.sweptAt.IsZero() || time.Since(m.sweptAt) >= sweepInterval
	for hostname := range m.seen {
		due = due || built[hostname]
	}
	if due {
		m.sweptAt = time.Now()
	}
	return due
}

// sweepScripts deletes the scripts of machines that are built, which need them no more, and of machines that exist nowhere. They
// hold join tokens. A failure is logged and made good by a later sweep.
func (c *Client) sweepScripts(ctx context.Context, prefix string, machines []cloud.Machine) {
	built, ordered := map[string]bool{}, map[string]bool{}
	for _, machine := range machines {
		ordered[machine.Hostname] = true
		built[machine.Hostname] = machine.ID != ""
	}
	if !c.scripts.due(built) {
		return
	}
	rows, err := c.listScripts(ctx)
	if err != nil {
		c.options.Logger.Info("Cannot look for scripts to delete", "reason", err.Error())
		return
	}
	for _, row := range rows {
		hostname := row.hostname()
		if !strings.HasPrefix(hostname, prefix) || !built[hostname] && (ordered[hostname] || c.scriptIsYoung(row)) {
			continue
		}
		if err := c.deleteScript(ctx, row); err != nil {
			c.options.Logger.Info("Cannot delete a script", "hostname", hostname, "reason", err.Error())
			delete(built, hostname) // to be looked after once more
			continue
		}
		c.scripts.forget(hostname)
	}
	for hostname, isBuilt := range built {
		if isBuilt {
			c.scripts.forget(hostname)
		}
	}
}

func (c *Client) scriptIsYoung(row scriptRecord) bool {
	since := createdAt(row.CreatedOn)
	if since.IsZero() {
		since = c.scripts.since(row.hostname())
	}
	return time.Since(since) < scriptGrace
}
