package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// configFlag names the configuration file.
const configFlag = "config"

// AddFlags adds --config and a flag for each key. The flags take any text; Load checks it, together with everything else.
func AddFlags(flags *pflag.FlagSet) {
	flags.String(configFlag, "", fmt.Sprintf("YAML file with settings (environment %s)", configEnv))
	for _, key := range keys {
		usage := key.Doc
		if key.Unit != "" {
			usage += fmt.Sprintf(" In %s.", key.Unit)
		}
		flags.Var(&flagValue{key: key, text: show(key.Default)}, key.Flag(), usage)
		if key.kind() == "bool" {
			flags.Lookup(key.Flag()).NoOptDefVal = "true"
		}
	}
}

// flagValue keeps the text of a flag.
type flagValue struct {
	key  Key
	text string
	set  bool
}

var _ pflag.Value = (*flagValue)(nil)

func (v *flagValue) String() string { return v.text }
func (v *flagValue) Type() string   { return v.key.kind() }

// Set takes the text; the values of a list that is given several times add up.
func (v *flagValue) Set(text string) error {
	if v.set && v.key.kind() == "list" {
		text = v.text + "," + text
	}
	v.text, v.set = text, true
	return nil
}

// parseArgs parses a command line. What follows an unknown flag cannot be told, so that its faults are listed alone.
func parseArgs(args []string) (*pflag.FlagSet, error) {
	flags := pflag.NewFlagSet("vpsie-autoscaler", pflag.ContinueOnError)
	flags.Usage = func() {}
	AddFlags(flags)
	err := flags.Parse(args)
	var unknown *pflag.NotExistError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return nil, err
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		return nil, Faults{{
			Key: "--" + name, Source: "command line",
			Problem: "unknown flag" + didYouMean(name, append(names(Key.Flag), configFlag)),
		}}
	case err != nil:
		return nil, Faults{{Key: "command line", Problem: err.Error()}}
	case flags.NArg() > 0:
		return nil, Faults{{Key: "command line", Value: flags.Arg(0), Problem: "unexpected argument, remove it"}}
	}
	return flags, nil
}

// readFlags takes the values of the flags that were given.
func (l *loader) readFlags(flags *pflag.FlagSet) {
	for _, key := range keys {
		if flag := flags.Lookup(key.Flag()); flag != nil && flag.Changed {
			text := flag.Value.String()
			value, err := key.parse(text)
			l.set(origin{key, "flag --" + key.Flag(), text}, value, err)
		}
	}
}

// configFile is the path that --config or, without it, the environment gives.
func configFile(flags *pflag.FlagSet, environ []string) string {
	if flag := flags.Lookup(configFlag); flag != nil && flag.Changed {
		return flag.Value.String()
	}
	path := ""
	for _, variable := range environ {
		if value, ok := strings.CutPrefix(variable, configEnv+"="); ok {
			path = value
		}
	}
	return path
}
