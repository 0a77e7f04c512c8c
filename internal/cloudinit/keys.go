package cloudinit

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// CheckKey reports why a text is not one line of an authorized_keys file. The error never quotes the text, which may be a
// private key put there by mistake.
func CheckKey(line string) error {
	if err := checkPublic(line); err != nil {
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

// checkPublic refuses a text with a private key in it, without quoting it.
func checkPublic(text string) error {
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

// ReadKeys gives the keys in the content of an authorized_keys file, without comments and empty lines, or says which of them is wrong.
// The error never quotes the content.
func ReadKeys(content string) ([]string, error) {
	// A private key is looked for in the whole: each of its lines by itself is only strange.
	if err := checkPublic(content); err != nil {
		return nil, err
	}
	var keys []string
	for line := range strings.Lines(content) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := CheckKey(line); err != nil {
			return nil, fmt.Errorf("public key %d: %w", len(keys)+1, err)
		}
		keys = append(keys, line)
	}
	return keys, nil
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
