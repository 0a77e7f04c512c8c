// Package account is what the simulated account owns beside machines: SSH keys, scripts, definitions of tags, and one project.
package account

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Account is safe for concurrent use.
type Account struct {
	mu      sync.Mutex
	serial  int // of everything that was made since the start
	keys    []SSHKey
	scripts []Script
	tags    []Tag
}

// Keys that every account has from the start, so that a configuration written once keeps working.
var Keys = []SSHKey{
	{ID: 1, Identifier: "0000e001-5a11-11f0-a000-000000000001", Name: "operations", PublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAISimulated1 operations"},
	{ID: 2, Identifier: "0000e002-5a11-11f0-a000-000000000001", Name: "delivery", PublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAISimulated2 delivery"},
}

// New returns an account with the keys that every account has.
func New() *Account {
	keys := slices.Clone(Keys)
	for i := range keys {
		keys[i].Created = time.Now()
	}
	return &Account{keys: keys}
}

// next makes a numeric identifier and a UUID; the lock is held.
func (a *Account) next() (int, string) {
	a.serial++
	return 100 + a.serial, fmt.Sprintf("%08x-5a14-11f0-b000-00505600a11f", a.serial)
}

// SSHKey is a public key that may be put on machines.
type SSHKey struct {
	ID         int
	Identifier string
	Name       string
	PublicKey  string
	Created    time.Time
}

// SSHKeys returns all keys, oldest first.
func (a *Account) SSHKeys() []SSHKey {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.keys)
}

// SSHKey returns the key with the identifier, and false when there is none.
func (a *Account) SSHKey(identifier string) (SSHKey, bool) {
	return pick(a.SSHKeys(), func(k SSHKey) bool { return k.Identifier == identifier })
}

// AddSSHKey stores a key.
func (a *Account) AddSSHKey(name, publicKey string) SSHKey {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := SSHKey{Name: name, PublicKey: publicKey, Created: time.Now()}
	key.ID, key.Identifier = a.next()
	a.keys = append(a.keys, key)
	return key
}

// DeleteSSHKey removes a key, and reports false when there is none with the identifier.
func (a *Account) DeleteSSHKey(identifier string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	had := len(a.keys)
	a.keys = slices.DeleteFunc(a.keys, func(k SSHKey) bool { return k.Identifier == identifier })
	return len(a.keys) < had
}

// pick returns the first item that fits.
func pick[T any](items []T, fits func(T) bool) (T, bool) {
	at := slices.IndexFunc(items, fits)
	if at < 0 {
		var none T
		return none, false
	}
	return items[at], true
}
