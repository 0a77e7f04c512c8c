package cloudinit

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is the length of the longest document. Documents travel in base64, a third longer, and clouds are known to refuse more
// than 64 KiB of that.
const MaxBytes = 48 << 10

// kind is what cloud-init takes a document for, by its first line.
type kind int

const (
	unknownKind kind = iota
	cloudConfig      // YAML settings
	script           // a program that is run
	multipart        // a MIME message whose parts are documents
)

const cloudConfigHeader = "#cloud-config"

func kindOf(document []byte) kind {
	first, _, _ := strings.Cut(string(document), "\n")
	switch lower := strings.ToLower(first); {
	case strings.TrimRight(first, " \r") == cloudConfigHeader:
		return cloudConfig
	case strings.HasPrefix(first, "#!"):
		return script
	case strings.HasPrefix(lower, "content-type: multipart/"), strings.HasPrefix(lower, "mime-version:"):
		return multipart
	}
	return unknownKind
}

// check reports why cloud-init would not do what a document says. The error is Faults.
func check(document []byte) error {
	if len(document) > MaxBytes {
		return fault("%v", errSize)
	}
	switch kindOf(document) {
	case cloudConfig:
		_, err := checkCloudConfig(document)
		return err
	case script:
		return checkScript(document)
	case multipart:
		return checkMultipart(document)
	}
	return fault("the document starts with none of %s, #! and Content-Type: multipart/mixed, so cloud-init would ignore it: "+
		"make one of them the very first line", cloudConfigHeader)
}

// checkCloudConfig returns the mapping of a cloud-config document; nil when there is nothing but comments.
func checkCloudConfig(document []byte) (map[string]any, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(document))
	var settings map[string]any
	if err := decoder.Decode(&settings); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault("the document is not a YAML mapping, as %s must be: %s (lines are those of the rendered document)",
			cloudConfigHeader, strings.TrimPrefix(oneLine(err), "yaml: "))
	}
	var second yaml.Node
	if decoder.Decode(&second) == nil {
		return nil, fault("the document holds a second YAML document after ---, which cloud-init does not read: put all into one")
	}
	return settings, nil
}

func checkScript(document []byte) error {
	first, _, _ := bytes.Cut(document, []byte("\n"))
	switch {
	case len(bytes.TrimSpace(first[len("#!"):])) == 0:
		return fault("the script's first line names no interpreter: write for instance #!/bin/sh")
	case bytes.HasSuffix(first, []byte("\r")):
		return fault("the script's first line ends in a carriage return, which becomes part of the interpreter's name: save the template with Unix line ends")
	}
	return nil
}

// oneLine is the text of an error without line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
