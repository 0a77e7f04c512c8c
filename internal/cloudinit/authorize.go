package cloudinit

import (
	"bytes"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// keysSetting is where cloud-config lists the keys that may log in as the image's default user.
const keysSetting = "ssh_authorized_keys"

// authorize puts public keys into a sound cloud-config document, after those that it lists itself. Other documents are returned
// as they are. The error is Faults.
func authorize(document []byte, keys []string) ([]byte, error) {
	if len(keys) == 0 || kindOf(document) != cloudConfig {
		return document, nil
	}
	header, body, _ := bytes.Cut(document, []byte("\n"))
	var root yaml.Node
	if err := yaml.Unmarshal(body, &root); err != nil {
		return nil, fault("read the rendered document: %s", oneLine(err))
	}
	list := listOf(&root)
	if list == nil {
		return sized(withList(document, keys))
	}
	if list.Kind != yaml.SequenceNode {
		return nil, fault("%s of the document is not a list: make it one, or leave it out and the keys of the NodeGroup are put there", keysSetting)
	}
	missing := absent(keys, list)
	if len(missing) == 0 {
		return document, nil
	}
	list.Content = append(list.Content, missing...)
	edited, err := yaml.Marshal(&root)
	return sized(slices.Concat(header, []byte("\n"), edited), err)
}

// listOf finds the value of keysSetting in a document; nil when the document has none.
func listOf(root *yaml.Node) *yaml.Node {
	if len(root.Content) == 0 {
		return nil
	}
	settings := root.Content[0].Content
	for i := 0; i+1 < len(settings); i += 2 {
		if settings[i].Value == keysSetting {
			return settings[i+1]
		}
	}
	return nil
}

// absent are the keys that a list lacks, as its new items.
func absent(keys []string, list *yaml.Node) []*yaml.Node {
	present := map[string]bool{}
	for _, item := range list.Content {
		if key, err := keyOf(item.Value); err == nil {
			present[key] = true
		}
	}
	var missing []*yaml.Node
	for _, line := range keys {
		if key, err := keyOf(line); err != nil || !present[key] {
			missing = append(missing, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: line})
		}
	}
	return missing
}

// withList is a document with a list of keys where it had none. The list is written behind it, so that the rest stays as the
// user wrote it; only where that cannot be, as behind a mapping in braces, is the whole written anew.
func withList(document []byte, keys []string) ([]byte, error) {
	list, err := yaml.Marshal(map[string][]string{keysSetting: keys})
	if err != nil {
		return nil, err
	}
	before, err := checkCloudConfig(document)
	if err != nil {
		return nil, err
	}
	written := slices.Clone(document)
	if !bytes.HasSuffix(written, []byte("\n")) {
		written = append(written, '\n')
	}
	written = append(written, list...)
	if after, err := checkCloudConfig(written); err == nil && len(after) == len(before)+1 {
		return written, nil
	}
	settings := map[string]any{keysSetting: keys}
	maps.Copy(settings, before)
	anew, err := yaml.Marshal(settings)
	return slices.Concat([]byte(cloudConfigHeader+"\n"), anew), err
}

// sized refuses a document that the keys made too long.
func sized(document []byte, err error) ([]byte, error) {
	switch {
	case err != nil:
		return nil, fault("put public keys into the rendered document: %s", oneLine(err))
	case len(document) > MaxBytes:
		return nil, fault("%v", errSize)
	}
	return document, nil
}
