package userdata

import (
	"errors"
	"regexp"
	"strings"
)

// seed is the command with which a script writes the document where cloud-init looks for it: base64 in a here-document, decoded
// into a file named user-data.
var seed = regexp.MustCompile(`^\s*base64\s+(?:-d|--decode)\s*>\s*(?:'|")?\S*/user-data(?:'|")?\s*<<(-?)\s*(?:'([^']+)'|"([^"]+)"|(\w+))\s*$`)

// FromScript returns the base64 document that a shell script seeds for cloud-init. The script holds a secret, so no error quotes
// any of it.
func FromScript(script string) (string, error) {
	var document strings.Builder
	marker, indented := "", false
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\r\n")
		if indented {
			line = strings.TrimLeft(line, "\t")
		}
		switch {
		case marker == "":
			if found := seed.FindStringSubmatch(line); found != nil {
				marker, indented = found[2]+found[3]+found[4], found[1] == "-"
			}
		case line == marker:
			return document.String(), nil
		default:
			document.WriteString(strings.TrimSpace(line))
		}
	}
	if marker != "" {
		return "", errors.New("the script does not end the here-document with the user data")
	}
	return "", errors.New("the script seeds no user data: it has no line of the form base64 -d > .../user-data <<'MARKER'")
}
