package docs_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// schema is the part of an OpenAPI schema that the document repeats.
type schema struct {
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Default    json.RawMessage   `json:"default"`
}

// foreign are fields of types that Kubernetes documents.
var foreign = map[string]bool{"taints": true, "conditions": true}

func TestAPIDocumentNamesEveryFieldAndItsDefault(t *testing.T) {
	for kind, file := range map[string]string{
		"NodeGroup": "autoscaler.vpsie.com_nodegroups.yaml", "VPSieNode": "autoscaler.vpsie.com_vpsienodes.yaml",
	} {
		t.Run(kind, func(t *testing.T) {
			fields := map[string]schema{}
			object := openAPI(t, "manifests/crds/"+file)
			flatten("spec", object.Properties["spec"], fields)
			flatten("status", object.Properties["status"], fields)
			rows := rowsOf(t, kind)
			for path, field := range fields {
				row, found := rows[path]
				if !found {
					t.Errorf("docs/api.md, section %s, has no row for `%s`", kind, path)
					continue
				}
				if want := string(field.Default); want != "" && want != "{}" && !strings.Contains(row, "`"+want+"`") {
					t.Errorf("docs/api.md, section %s, does not say that `%s` is %s by default: %s", kind, path, want, row)
				}
			}
			for path := range rows {
				if _, found := fields[path]; !found {
					t.Errorf("docs/api.md, section %s, has a row for `%s`, which does not exist", kind, path)
				}
			}
		})
	}
}

// openAPI reads the schema of the one version of a CustomResourceDefinition.
func openAPI(t *testing.T, path string) schema {
	t.Helper()
	var definition struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema schema `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal([]byte(read(t, path)), &definition); err != nil {
		t.Fatal(err)
	}
	if len(definition.Spec.Versions) != 1 {
		t.Fatalf("%s has %d versions; the document describes one", path, len(definition.Spec.Versions))
	}
	return definition.Spec.Versions[0].Schema.OpenAPIV3Schema
}

// flatten lists the fields below a path that hold values, and those whose parts are documented elsewhere.
func flatten(path string, s schema, into map[string]schema) {
	for name, field := range s.Properties {
		below := field
		if field.Items != nil && len(field.Items.Properties) > 0 {
			below = *field.Items
			name += "[]"
		}
		if len(below.Properties) == 0 || foreign[strings.TrimSuffix(name, "[]")] {
			into[path+"."+strings.TrimSuffix(name, "[]")] = field
			continue
		}
		flatten(path+"."+name, below, into)
	}
}

var row = regexp.MustCompile("(?m)^\\| `([a-z][A-Za-z.\\[\\]]*)` \\|.*$")

// rowsOf are the rows about fields in a kind's section of the document, by the field's path.
func rowsOf(t *testing.T, kind string) map[string]string {
	t.Helper()
	_, section, found := strings.Cut(read(t, "docs/api.md"), "\n## "+kind+"\n")
	if !found {
		t.Fatalf("docs/api.md has no section %q", kind)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string]string{}
	for _, match := range row.FindAllStringSubmatch(section, -1) {
		rows[match[1]] = match[0]
	}
	return rows
}
