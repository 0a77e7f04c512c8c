package config

import (
	"strings"
	"unicode"
)

// envPrefix starts the environment variables that belong to the autoscaler.
const envPrefix = "VPSIE_"

// Flag is the name of the key's command-line flag without the dashes in front, such as "controller-batch-idle".
func (k Key) Flag() string { return strings.Join(words(k.Name), "-") }

// Env is the name of the key's environment variable, such as "VPSIE_CONTROLLER_BATCH_IDLE".
func (k Key) Env() string { return envPrefix + strings.ToUpper(strings.Join(words(k.Name), "_")) }

// words cuts a key into lower-case words: at its dots, before each capital, and at the end of a run of capitals.
func words(name string) []string {
	var found []string
	for _, part := range strings.Split(name, ".") {
		runes := []rune(part)
		start := 0
		for i := 1; i < len(runes); i++ {
			begins := unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1])
			ends := unicode.IsUpper(runes[i-1]) && unicode.IsUpper(runes[i]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if begins || ends {
				found = append(found, strings.ToLower(string(runes[start:i])))
				start = i
			}
		}
		found = append(found, strings.ToLower(string(runes[start:])))
	}
	return found
}
