package userdata_test

import (
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/userdata"
)

// script seeds the document the way that the VPSie client does.
const script = `#!/bin/bash
set -eu
seed=/var/lib/cloud/seed/nocloud
mkdir -p "$seed"
printf 'instance-id: %s\n' 'web-1' >"$seed/meta-data"
base64 -d >"$seed/user-data" <<'END_OF_USER_DATA'
DOCUMENT
END_OF_USER_DATA
cloud-init init --local
`

func TestScriptIsReadLikeTheUserDataItSeeds(t *testing.T) {
	encoded := encode(document)
	wrapped := encoded[:76] + "\n" + encoded[76:]
	forms := map[string]string{
		"one line":        strings.Replace(script, "DOCUMENT", encoded, 1),
		"wrapped lines":   strings.Replace(script, "DOCUMENT", wrapped, 1),
		"Windows lines":   strings.ReplaceAll(strings.Replace(script, "DOCUMENT", wrapped, 1), "\n", "\r\n"),
		"plain path":      strings.Replace(strings.Replace(script, "DOCUMENT", encoded, 1), `"$seed/user-data"`, "/var/lib/cloud/seed/nocloud/user-data", 1),
		"long option":     strings.Replace(strings.Replace(script, "DOCUMENT", encoded, 1), "base64 -d", "base64 --decode", 1),
		"unquoted marker": strings.Replace(strings.Replace(script, "DOCUMENT", encoded, 1), "'END_OF_USER_DATA'", "END_OF_USER_DATA", 1),
		"indented": strings.Replace(strings.Replace(strings.Replace(script, "DOCUMENT", "\t"+encoded, 1), "<<'", "<<-'", 1),
			"\nEND_OF", "\n\tEND_OF", 1),
	}
	for name, text := range forms {
		t.Run(name, func(t *testing.T) {
			found, err := userdata.FromScript(text)
			if err != nil || found != encoded {
				t.Errorf("found %d characters, want %d; error %v", len(found), len(encoded), err)
			}
		})
	}
}

func TestScriptWithoutUserDataIsRefusedWithoutQuotingIt(t *testing.T) {
	for want, text := range map[string]string{
		"seeds no user data": "#!/bin/bash\necho " + tokenSecret + "\n",
		"does not end":       strings.Replace(strings.Replace(script, "DOCUMENT", tokenSecret, 1), "\nEND_OF_USER_DATA\n", "\n", 1),
	} {
		_, err := userdata.FromScript(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), tokenSecret) {
			t.Errorf("error %v, want one with %q and without the secret", err, want)
		}
	}
}
