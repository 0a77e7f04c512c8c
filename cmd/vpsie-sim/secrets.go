package main

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/selfsigned"
)

// readTokens returns the tokens in the file, one a line. A file that does not exist is made with a random one.
func readTokens(file string) ([]string, error) {
	if file == "" {
		return nil, errors.New("missing; name a file, which is made when it does not exist")
	}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		content = []byte(rand.Text() + "\n")
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		return nil, err
	}
	tokens := strings.Fields(string(content))
	if len(tokens) == 0 {
		return nil, fmt.Errorf("%s holds no token; remove it to have one made", file)
	}
	return tokens, nil
}

// readSecret returns the client secret, or nothing when nobody may log in.
func (f flags) readSecret() (string, error) {
	if (f.clientID == "") != (f.clientSecret == "") {
		return "", errors.New("--client-id and --client-secret-file: want both or neither")
	}
	if f.clientID == "" {
		return "", nil
	}
	return readOne("--client-secret-file", f.clientSecret)
}

// readAccountPassword returns the password that deletions want, or nothing when they do not.
func (f flags) readAccountPassword() (string, error) {
	if (f.deletePassword == "account") != (f.account != "") {
		return "", errors.New("--delete-password account and --account-password-file: want both or neither")
	}
	if f.account == "" {
		return "", nil
	}
	return readOne("--account-password-file", f.account)
}

// readOne returns the one secret in the file that a flag names.
func readOne(flag, file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	secret := strings.TrimSpace(string(content))
	if secret == "" {
		return "", fmt.Errorf("%s: %s is empty", flag, file)
	}
	return secret, nil
}

// certificate returns what to serve https with, and the file of the authority when it is known; nil means http.
func (f flags) certificate() (*tls.Certificate, string, error) {
	switch {
	case f.tlsDir != "" && (f.tlsCert != "" || f.tlsKey != ""):
		return nil, "", errors.New("--tls-dir and --tls-cert/--tls-key: want one or the other")
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return nil, "", errors.New("--tls-cert and --tls-key: want both or neither")
	case f.tlsDir != "":
		certificate, err := selfsigned.Ensure(f.tlsDir)
		if err != nil {
			return nil, "", fmt.Errorf("--tls-dir: %w", err)
		}
		authority, err := filepath.Abs(filepath.Join(f.tlsDir, selfsigned.CAFile))
		if err != nil {
			return nil, "", fmt.Errorf("--tls-dir: %w", err)
		}
		return &certificate, authority, nil
	case f.tlsCert != "":
		certificate, err := tls.LoadX509KeyPair(f.tlsCert, f.tlsKey)
		if err != nil {
			return nil, "", fmt.Errorf("--tls-cert, --tls-key: %w", err)
		}
		return &certificate, "", nil
	}
	return nil, "", nil
}
