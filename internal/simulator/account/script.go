package account

import (
	"slices"
	"time"
)

// Script may run on new machines. Its content may hold a secret: never log it.
type Script struct {
	ID         int
	Identifier string
	Name       string // as stored: what was given, and ".sh"
	Type       string
	Content    string
	Created    time.Time
}

const scriptSuffix = ".sh"

// Scripts returns all scripts, oldest first.
func (a *Account) Scripts() []Script {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.scripts)
}

// Script returns the script with the identifier, and false when there is none.
func (a *Account) Script(identifier string) (Script, bool) {
	return pick(a.Scripts(), func(s Script) bool { return s.Identifier == identifier })
}

// AddScript stores a script. Nothing keeps two scripts from having the same name.
func (a *Account) AddScript(name, kind, content string) Script {
	a.mu.Lock()
	defer a.mu.Unlock()
	script := Script{Name: name + scriptSuffix, Type: kind, Content: content, Created: time.Now()}
	script.ID, script.Identifier = a.next()
	a.scripts = append(a.scripts, script)
	return script
}

// EditScript replaces a script, and reports false when there is none with the identifier.
func (a *Account) EditScript(identifier, name, kind, content string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := slices.IndexFunc(a.scripts, func(s Script) bool { return s.Identifier == identifier })
	if at < 0 {
		return false
	}
	a.scripts[at].Name, a.scripts[at].Type, a.scripts[at].Content = name+scriptSuffix, kind, content
	return true
}

// DeleteScript removes a script, and reports false when there is none with the identifier. Machines that were ordered with it
// still run it.
func (a *Account) DeleteScript(identifier string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	had := len(a.scripts)
	a.scripts = slices.DeleteFunc(a.scripts, func(s Script) bool { return s.Identifier == identifier })
	return len(a.scripts) < had
}
