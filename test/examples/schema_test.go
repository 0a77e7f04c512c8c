package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// schema is what the API server checks NodeGroups with.
type schema struct {
	structural *structuralschema.Structural
	fields     validation.SchemaValidator
	rules      *cel.Validator
}

func newSchema(t *testing.T) schema {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "manifests/crds/autoscaler.vpsie.com_nodegroups.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var external apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(content, &external); err != nil {
		t.Fatal(err)
	}
	var properties apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(external.Spec.Versions[0].Schema.OpenAPIV3Schema, &properties, nil); err != nil {
		t.Fatal(err)
	}
	structural, err := structuralschema.NewStructural(&properties)
	if err != nil {
		t.Fatal(err)
	}
	fields, _, err := validation.NewSchemaValidator(&properties)
	if err != nil {
		t.Fatal(err)
	}
	return schema{structural: structural, fields: fields, rules: cel.NewValidator(structural, true, celconfig.PerCallLimit)}
}

// check gives a document the defaults and returns what the API server would refuse it for.
func (s schema) check(t *testing.T, document []byte) field.ErrorList {
	t.Helper()
	encoded, err := yaml.YAMLToJSON(document)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(encoded, &object); err != nil { // keeps integers apart from other numbers, as the rules want
		t.Fatal(err)
	}
	defaulting.Default(object, s.structural)
	faults := validation.ValidateCustomResource(nil, object, s.fields)
	broken, _ := s.rules.Validate(t.Context(), nil, s.structural, object, nil, celconfig.RuntimeCELCostBudget)
	return append(faults, broken...)
}

func TestTheAPIServerAcceptsEveryExample(t *testing.T) {
	schema := newSchema(t)
	for _, name := range files(t) {
		if faults := schema.check(t, load(t, name).raw); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// What the schema refuses without a webhook: each line spoils a sound group in one place.
func TestTheSchemaRefusesFaultyInputs(t *testing.T) {
	const sound = "apiVersion: autoscaler.vpsie.com/v1alpha1\nkind: NodeGroup\nmetadata: {name: a, namespace: b}\nspec:\n  maxNodes: 1\n  datacenterID: c\n"
	schema := newSchema(t)
	if faults := schema.check(t, []byte(sound)); len(faults) > 0 {
		t.Fatalf("the sound group is refused: %v", faults)
	}
	for spoiled, want := range map[string]string{
		"cloudInitVariables: {NodeName: x}":                               "NodeName and JoinToken are set by the autoscaler",
		"cloudInitVariables: {JoinToken: x}":                              "NodeName and JoinToken are set by the autoscaler",
		"cloudInitVariables: {a-b: x}":                                    "names of variables consist of letters",
		"cloudInitVariables: {a: " + strings.Repeat("x", 8193) + "}":      "Too long",
		"cloudInitTemplate: " + strings.Repeat("x", 65537):                "Too long",
		"cloudInitTemplate: x\n  cloudInitTemplateRef: {name: a, key: b}": "exclude each other",
		"cloudInitTemplateRef: {name: a}":                                 "spec.cloudInitTemplateRef.key: Required value",
		"sshPublicKeys: ['']":                                             "spec.sshPublicKeys[0]",
		"sshKeyIds: ['a b']":                                              "spec.sshKeyIds[0]",
		"sshKeySecretRef: {name: a, keys: []}":                            "spec.sshKeySecretRef.keys",
		"tags: {autoscaler.vpsie.com/managed: 'false'}":                   "belong to the autoscaler",
		"tags: {a=b: c}":                                                  "= not among them",
	} {
		faults := schema.check(t, []byte(sound+"  "+spoiled+"\n"))
		if len(faults) == 0 || !strings.Contains(faults.ToAggregate().Error(), want) {
			t.Errorf("%.60s: %v, want a fault with %q", spoiled, faults, want)
		}
	}
}
