package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// readFile takes the values of the YAML file; an empty path means that there is none.
func (l *loader) readFile(path string) {
	if path == "" {
		return
	}
	content := koanf.New(".")
	if err := content.Load(file.Provider(path), yaml.Parser()); err != nil {
		l.faults = append(l.faults, Fault{Key: "config", Value: path, Problem: "cannot be read, give a YAML file: " + yamlProblem(err)})
		return
	}
	source := "file " + path
	found := content.All()
	for _, name := range content.Keys() {
		key, known := keyByName(name)
		switch {
		case known:
			value, err := key.fromYAML(found[name])
			l.set(origin{key, source, show(found[name])}, value, err)
		case isSection(name) && isEmpty(found[name]):
			// A section whose lines are all commented out.
		default:
			l.faults = append(l.faults, Fault{Key: name, Source: source, Problem: unknownKey(name)})
		}
	}
}

// yamlProblem is an error of the parser on one line. The parser quotes the start of a file that is no mapping at all, which
// may be the token file given by mistake.
func yamlProblem(err error) string {
	if strings.Contains(err.Error(), "cannot unmarshal") {
		return "it holds no keys"
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

func unknownKey(name string) string {
	if isSection(name) {
		return fmt.Sprintf("is a section, put its keys below it, such as %s", firstOf(name))
	}
	return "unknown key" + didYouMean(name, names(func(k Key) string { return k.Name }))
}

func isSection(name string) bool { return firstOf(name) != "" }

// firstOf is the first key of a section; empty when there is no such section.
func firstOf(section string) string {
	i := slices.IndexFunc(keys, func(k Key) bool { return strings.HasPrefix(k.Name, section+".") })
	if i < 0 {
		return ""
	}
	return keys[i].Name
}

func isEmpty(value any) bool {
	members, isMap := value.(map[string]any)
	return value == nil || isMap && len(members) == 0
}

// names lists one of the names of all keys.
func names(of func(Key) string) []string {
	list := make([]string, len(keys))
	for i, key := range keys {
		list[i] = of(key)
	}
	return list
}
