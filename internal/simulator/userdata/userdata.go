// Package userdata reads the first-boot document of a machine the way cloud-init and kubeadm would, as far as joining a cluster
// goes. The document holds a join token, so no error of this package quotes any of it.
package userdata

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// header is what the first line of a cloud-config document must be.
const header = "#cloud-config"

// cloudConfig is the part of a cloud-config document that matters here.
type cloudConfig struct {
	WriteFiles []file `json:"write_files"`
	RunCmd     []any  `json:"runcmd"` // each a string, or a list of arguments
}

type file struct {
	Path     string `json:"path"`
	Content  string `json:"content"`
	Encoding string `json:"encoding"`
}

// Parse returns what the base64 document tells kubeadm to join. The error tells why a machine with this document would not join.
func Parse(encoded string) (Join, error) {
	if encoded == "" {
		return Join{}, errors.New("no user data: nothing tells the machine to join a cluster")
	}
	document, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return Join{}, errors.New("the user data is not base64")
	}
	if first, _, _ := strings.Cut(string(document), "\n"); strings.TrimRight(first, " \r") != header {
		return Join{}, fmt.Errorf("the user data does not start with the line %s, so cloud-init ignores it", header)
	}
	var config cloudConfig
	if yaml.Unmarshal(document, &config) != nil {
		return Join{}, errors.New("the user data is not a valid cloud-config document")
	}
	configPath, err := config.joinCommand()
	if err != nil {
		return Join{}, err
	}
	content, err := config.read(configPath)
	if err != nil {
		return Join{}, err
	}
	return parseJoin(content)
}

// joinCommand finds the command that runs kubeadm join and returns the path that it gives to --config.
func (c cloudConfig) joinCommand() (string, error) {
	for _, command := range c.RunCmd {
		words := split(command)
		for i, word := range words {
			if path.Base(word) == "kubeadm" && slices.Index(words[i:], "join") == 1 {
				return configFlag(words[i+2:])
			}
		}
	}
	return "", errors.New("no runcmd runs kubeadm join")
}

// split cuts a command into words. A list may hold a whole shell command, as in [sh, -c, "kubeadm join ..."], so its arguments
// are cut as well; the paths that matter have no blanks.
func split(command any) []string {
	var words []string
	switch typed := command.(type) {
	case string:
		words = strings.Fields(typed)
	case []any:
		for _, argument := range typed {
			words = append(words, strings.Fields(fmt.Sprint(argument))...)
		}
	}
	for i := range words {
		words[i] = strings.Trim(words[i], `"';`)
	}
	return words
}

func configFlag(arguments []string) (string, error) {
	for i, argument := range arguments {
		if value, found := strings.CutPrefix(argument, "--config="); found {
			return value, nil
		}
		if argument == "--config" && i+1 < len(arguments) {
			return arguments[i+1], nil
		}
	}
	return "", errors.New("the runcmd that runs kubeadm join has no --config with a path")
}

// read returns the content of a file that the document writes.
func (c cloudConfig) read(wanted string) ([]byte, error) {
	at := slices.IndexFunc(c.WriteFiles, func(f file) bool { return f.Path == wanted })
	if at < 0 {
		return nil, errors.New("kubeadm join reads a --config file that write_files does not write")
	}
	written := c.WriteFiles[at]
	switch written.Encoding {
	case "", "text/plain":
		return []byte(written.Content), nil
	case "b64", "base64":
		content, err := base64.StdEncoding.DecodeString(strings.TrimSpace(written.Content))
		if err != nil {
			return nil, errors.New("the kubeadm configuration in write_files is not base64, as its encoding says")
		}
		return content, nil
	}
	return nil, errors.New("the kubeadm configuration in write_files has an encoding other than text/plain, b64 and base64")
}

// documents cuts a stream of YAML documents apart.
func documents(stream []byte) ([][]byte, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	var all [][]byte
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, errors.New("the kubeadm configuration is not a stream of YAML documents")
		}
		all = append(all, document)
	}
}
