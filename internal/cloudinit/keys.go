package cloudinit

import (
	"errors"
	"strings"

	"golang.org/x/crypto/ssh"
)

// CheckKey reports why a text is not one line of an authorized_keys file. The error never quotes the text, which may be a
// private key put there by mistake.
func CheckKey(line string) error {
	if err := CheckPublic(line); err != nil {
		return err
	}
	if strings.ContainsAny(line, "\r\n") {
		return errors.New("it has several lines: give one public key each")
	}
	if _, err := keyOf(line); err != nil {
		return errors.New("it is not a public key: give a line such as `ssh-ed25519 AAAA... name`, from the file that ends in .pub")
	}
	return nil
}

// privateMarks are in the files of private keys and not in those of public ones: the header of PEM, that of PuTTY, and the start
// of OpenSSH's format in base64.
var privateMarks = []string{"PRIVATE KEY", "PuTTY-User-Key-File", "b3BlbnNzaC1rZXktdjE"}

// CheckPublic refuses a text with a private key in it, without quoting it.
func CheckPublic(text string) error {
	for _, mark := range privateMarks {
		if strings.Contains(text, mark) {
			return errors.New("it holds a private key: take it out, make a new pair since this one has been seen, and give the public key, from the file that ends in .pub")
		}
	}
	return nil
}

// keyOf identifies a key by what it lets in: the key itself and the options before it, but not the comment behind.
func keyOf(line string) (string, error) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	switch {
	case err != nil:
		return "", err
	case len(rest) > 0:
		return "", errors.New("more than one line")
	}
	return strings.Join(append(options, string(key.Marshal())), "\n"), nil
}

// SplitKeys cuts the content of an authorized_keys file into its keys, without comments and empty lines.
func SplitKeys(content string) []string {
	var lines []string
	for line := range strings.Lines(content) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// DistinctKeys are the lines without those that repeat an earlier key, whatever their comment. All must have passed CheckKey.
func DistinctKeys(lines []string) []string {
	var distinct []string
	seen := map[string]bool{}
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if key, err := keyOf(line); err == nil && !seen[key] {
			seen[key] = true
			distinct = append(distinct, line)
		}
	}
	return distinct
}
