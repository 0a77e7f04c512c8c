package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/internal/loopback"
)

// checker adds a fault to its loader for each demand that is not met. A value that could not be read has its fault already,
// and a key gets no second one.
type checker struct{ *loader }

// require demands that ok holds of the key.
func (c *checker) require(name string, ok bool, remedy string) {
	if ok || c.broken[name] {
		return
	}
	c.broken[name] = true
	key, _ := keyByName(name)
	c.faults = append(c.faults, key.fault(withoutPassword(show(c.values.Get(name))), c.sources[name], remedy))
}

// withoutPassword hides the password of a URL that has one.
func withoutPassword(value string) string {
	if parsed, err := url.Parse(value); err == nil && parsed.User != nil {
		return parsed.Redacted()
	}
	return value
}

// required demands that the key is set, and names its flag and variable when it is not.
func (c *checker) required(name, value, remedy string) {
	key, _ := keyByName(name)
	c.require(name, value != "", fmt.Sprintf("is missing: %s, with --%s or %s", remedy, key.Flag(), key.Env()))
}

func (c *checker) positive(name string, value int) {
	c.require(name, value > 0, "want a positive number")
}

func (c *checker) oneOf(name, value string, choices ...string) {
	c.require(name, slices.Contains(choices, value), "want one of "+strings.Join(choices, ", "))
}

// file demands a readable file; an empty path is left to required.
func (c *checker) file(name, path string) {
	if path != "" {
		err := readable(path)
		c.require(name, err == nil, fmt.Sprintf("cannot be read, name an existing file: %v", err))
	}
}

// certDir demands a directory with a certificate and its key; an empty path is left to required.
func (c *checker) certDir(name, dir string) {
	if dir == "" {
		return
	}
	for _, file := range []string{"tls.crt", "tls.key"} {
		err := readable(filepath.Join(dir, file))
		c.require(name, err == nil, fmt.Sprintf("want a directory with tls.crt and tls.key, %s cannot be read: %v", file, err))
	}
}

// readable opens a file to see whether it can be. Its error does not repeat the path.
func readable(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return errors.New("it is a directory")
	}
	var file *os.File
	if err == nil {
		file, err = os.Open(path)
	}
	if err == nil {
		return file.Close()
	}
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// origin demands scheme and host of an encrypted service; loopback needs no encryption.
func (c *checker) origin(name, value string) {
	parsed, err := url.Parse(value)
	ok := err == nil && parsed.Hostname() != "" && parsed.User == nil && parsed.RawQuery == "" && strings.Trim(parsed.Path, "/") == ""
	ok = ok && (parsed.Scheme == "https" || parsed.Scheme == "http" && loopback.Host(parsed.Hostname()))
	c.require(name, ok, "want https, a host and nothing else, such as https://api.vpsie.com; plain http only for loopback")
}
