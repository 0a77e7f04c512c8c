package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// LoadOptions say where the configuration comes from.
type LoadOptions struct {
	// Command is the sub-command to be run; only the settings it uses are validated.
	Command Command
	// Flags were prepared by AddFlags and are parsed already. Nil means that Args are to be parsed.
	Flags *pflag.FlagSet
	// Args are the command-line arguments after the sub-command; they count only without Flags.
	Args []string
	// Environ is the environment in the form of os.Environ; nil means an empty one.
	Environ []string
}

// Load reads and validates the configuration. Its error is Faults, which lists everything that is wrong, or pflag.ErrHelp when
// Args ask for help.
func Load(options LoadOptions) (*Config, error) {
	if !slices.Contains([]Command{CommandExtender, CommandWebhook, CommandController, CommandAll}, options.Command) {
		return nil, fmt.Errorf("unknown command %q: want extender, webhook, controller or all", options.Command)
	}
	flags := options.Flags
	if flags == nil {
		var err error
		if flags, err = parseArgs(options.Args); err != nil {
			return nil, err
		}
	}
	l := newLoader()
	l.readFile(configFile(flags, options.Environ))
	l.readEnviron(options.Environ)
	l.readFlags(flags)
	config, err := l.config()
	if err != nil {
		return nil, err
	}
	l.validate(options.Command, config)
	if len(l.faults) > 0 {
		l.faults.sort()
		return nil, l.faults
	}
	return config, nil
}

// loader gathers values, and the faults met on the way.
type loader struct {
	values  *koanf.Koanf
	sources map[string]string // by key; none for a default
	broken  map[string]bool   // keys that had a value of the wrong type
	faults  Faults
}

func newLoader() *loader {
	l := &loader{values: koanf.New("."), sources: map[string]string{}, broken: map[string]bool{}}
	defaults := map[string]any{}
	for _, key := range keys {
		defaults[key.Name] = key.Default
	}
	l.merge(defaults)
	return l
}

// merge puts values of the right types over those there are.
func (l *loader) merge(values map[string]any) {
	// A map in memory cannot fail to load; the API has the error for providers that can.
	if err := l.values.Load(confmap.Provider(maps.Clone(values), "."), nil); err != nil {
		l.faults = append(l.faults, Fault{Key: "configuration", Problem: err.Error()})
	}
}

// origin is where a value was found.
type origin struct {
	key    Key
	source string
	shown  string // the value as it was written
}

// set takes a value, or notes why it has none.
func (l *loader) set(from origin, value any, err error) {
	if err != nil {
		l.broken[from.key.Name] = true
		l.faults = append(l.faults, from.key.fault(from.shown, from.source, err.Error()))
		return
	}
	l.sources[from.key.Name] = from.source
	l.merge(map[string]any{from.key.Name: value})
}

// fault is a fault of the key; a hidden key's value is left out.
func (k Key) fault(value, source, problem string) Fault {
	if k.Hidden {
		value = ""
	}
	return Fault{Key: k.Name, Value: value, Source: source, Problem: problem}
}

// config turns the gathered values into the struct.
func (l *loader) config() (*Config, error) {
	var config Config
	if err := l.values.Unmarshal("", &config); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return &config, nil
}
