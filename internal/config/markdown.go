package config

import (
	"fmt"
	"io"
	"strings"
)

const markdownHead = `# Configuration

Settings of ` + "`vpsie-autoscaler`" + `. A setting comes from, in rising order of precedence, its default, the YAML file given with
` + "`--config`" + ` or ` + "`VPSIE_CONFIG`" + `, the environment, and the command line. Lists are separated by commas in the environment and on the
command line. Durations carry their unit: 500ms, 30s, 15m. An unknown key, flag or ` + "`VPSIE_`" + ` variable is an error.
`

// WriteMarkdown writes the reference document of all settings.
func WriteMarkdown(w io.Writer) error {
	var document strings.Builder
	document.WriteString(markdownHead)
	section := ""
	for _, key := range keys {
		if name, _, _ := strings.Cut(key.Name, "."); name != section {
			section = name
			fmt.Fprintf(&document, "\n## %s\n\n| key | flag | environment | type | default | meaning |\n|---|---|---|---|---|---|\n", section)
		}
		fmt.Fprintf(&document, "| `%s` | `--%s` | `%s` | %s | %s | %s |\n",
			key.Name, key.Flag(), key.Env(), key.typeInWords(), key.defaultInWords(), key.Doc)
	}
	_, err := io.WriteString(w, document.String())
	return err
}

func (k Key) typeInWords() string {
	if k.Unit == "" {
		return k.kind()
	}
	return k.kind() + ", " + k.Unit
}

func (k Key) defaultInWords() string {
	if text := show(k.Default); text != "" {
		return "`" + text + "`"
	}
	return "empty"
}
