package vpsie

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// Credentials prove an account to VPSie: an API token, or a client ID with its secret. Make them with APIToken or APIClient; the
// zero value proves nothing. They can be compared, and no formatting shows them.
type Credentials struct {
	token            string
	clientID, secret string
}

// APIToken are the credentials of a long-lived token.
func APIToken(token string) Credentials { return Credentials{token: strings.TrimSpace(token)} }

// APIClient are the credentials of a client that logs in and then shows the token it was given.
func APIClient(id, secret string) Credentials {
	return Credentials{clientID: strings.TrimSpace(id), secret: strings.TrimSpace(secret)}
}

// Complete reports whether nothing is missing.
func (c Credentials) Complete() bool { return c.token != "" || c.clientID != "" && c.secret != "" }

// Format implements fmt.Formatter and keeps the secrets out of whatever is printed.
func (Credentials) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[credentials]") }

// CredentialSource returns the credentials to use now. It is asked before every request, so they may be replaced at any time. Its
// error may not repeat a secret.
type CredentialSource func(ctx context.Context) (Credentials, error)

// TokenFromFile reads an API token from a file, such as a mounted Secret, each time it is needed. White space around it is dropped.
func TokenFromFile(path string) CredentialSource {
	return func(context.Context) (Credentials, error) {
		content, err := os.ReadFile(path)
		if err != nil {
			return Credentials{}, fmt.Errorf("read API token: %w", err)
		}
		return APIToken(string(content)), nil
	}
}

// ClientFromFile reads the secret of an API client from a file each time it is needed. White space around it is dropped.
func ClientFromFile(id, path string) CredentialSource {
	return func(context.Context) (Credentials, error) {
		content, err := os.ReadFile(path)
		if err != nil {
			return Credentials{}, fmt.Errorf("read client secret: %w", err)
		}
		return APIClient(id, string(content)), nil
	}
}
