package config

import (
	"regexp"
	"strings"

	"github.com/knadh/koanf/providers/env/v2"
)

// configEnv names the configuration file, as --config does.
const configEnv = envPrefix + "CONFIG"

// readEnviron takes the values of the VPSIE_ variables.
func (l *loader) readEnviron(environ []string) {
	links := serviceLinks(environ)
	variables := env.Provider("", env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			if name == configEnv || links.include(name, value) {
				return "", nil
			}
			return name, value
		},
	})
	found, err := variables.Read()
	if err != nil {
		l.faults = append(l.faults, Fault{Key: "environment", Problem: err.Error()})
		return
	}
	for _, key := range keys {
		if text, ok := found[key.Env()].(string); ok {
			value, err := key.parse(text)
			l.set(origin{key, "environment " + key.Env(), text}, value, err)
			delete(found, key.Env())
		}
	}
	for name := range found {
		suggestion := didYouMean(name, append(names(Key.Env), configEnv))
		l.faults = append(l.faults, Fault{Key: name, Source: "environment", Problem: "unknown variable" + suggestion})
	}
}

// links are the prefixes of the variables by which Kubernetes tells a pod about the Services of its namespace. A Service
// "vpsie-webhook" brings VPSIE_WEBHOOK_PORT=tcp://..., which must not be taken for webhook.port.
type links []string

// serviceLinks finds the Services by the variables that each of them has.
func serviceLinks(environ []string) links {
	var found links
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if service, ok := strings.CutSuffix(name, "_SERVICE_HOST"); ok && strings.HasPrefix(name, envPrefix) {
			found = append(found, service)
		}
	}
	return found
}

// linkSuffix matches what follows the name of the Service.
var linkSuffix = regexp.MustCompile(`^_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

func (l links) include(name, value string) bool {
	for _, service := range l {
		suffix, ok := strings.CutPrefix(name, service)
		if ok && (linkSuffix.MatchString(suffix) || suffix == "_PORT" && strings.Contains(value, "://")) {
			return true
		}
	}
	return false
}
