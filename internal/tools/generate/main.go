// Command generate makes the code and the CustomResourceDefinitions that follow from the types in api/. It is controller-gen with
// bounds for the taints of nodes: the Go type of a taint comes from Kubernetes and has no markers, and without bounds the API server
// cannot afford rules about the keys in it.
//
// By the setting below, an alias of string is a string where it is copied, and a type with markers where it is checked.
//
//go:debug gotypesalias=0
package main

import (
	"fmt"
	"os"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/controller-tools/pkg/crd"
	"sigs.k8s.io/controller-tools/pkg/deepcopy"
	"sigs.k8s.io/controller-tools/pkg/genall"
	"sigs.k8s.io/controller-tools/pkg/loader"
	"sigs.k8s.io/controller-tools/pkg/markers"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run takes the options of controller-gen: object, crd, paths=..., output:object:dir=... and output:crd:dir=....
func run(options []string) error {
	crd.KnownPackages["k8s.io/api/core/v1"] = func(parser *crd.Parser, pkg *loader.Package) {
		parser.AddPackage(pkg)
		parser.Schemata[crd.TypeIdent{Name: "Taint", Package: pkg}] = taint()
	}
	registry := &markers.Registry{}
	for name, generator := range map[string]genall.Generator{"object": deepcopy.Generator{}, "crd": crd.Generator{}} {
		output := "output:" + name + ":dir"
		for option, value := range map[string]any{name: generator, output: genall.OutputToDirectory("")} {
			if err := registry.Register(markers.Must(markers.MakeDefinition(option, markers.DescribesPackage, value))); err != nil {
				return err
			}
		}
	}
	if err := genall.RegisterOptionsMarkers(registry); err != nil {
		return err
	}
	runtime, err := genall.FromOptions(registry, options)
	if err != nil {
		return err
	}
	if failed := runtime.Run(); failed {
		return fmt.Errorf("not everything was generated")
	}
	return nil
}

// taint is the schema of a taint. What its key may be is said by rules beside the fields that hold taints.
func taint() apiextensionsv1.JSONSchemaProps {
	effects := []apiextensionsv1.JSON{{Raw: []byte(`"NoSchedule"`)}, {Raw: []byte(`"PreferNoSchedule"`)}, {Raw: []byte(`"NoExecute"`)}}
	length := func(n int64) *int64 { return &n }
	return apiextensionsv1.JSONSchemaProps{
		Type:        "object",
		Description: "A taint keeps pods that do not tolerate it off the node.",
		Required:    []string{"effect", "key"},
		Properties: map[string]apiextensionsv1.JSONSchemaProps{
			"key": {
				Type: "string", MinLength: length(1), MaxLength: length(317),
				Description: "Key of the taint, with or without a prefix, such as example.com/dedicated.",
			},
			"value": {
				Type: "string", MaxLength: length(63), Pattern: `^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$`,
				Description: "Value of the taint, as of a label.",
			},
			"effect": {
				Type: "string", Enum: effects,
				Description: "What happens to pods that do not tolerate the taint: NoSchedule, PreferNoSchedule or NoExecute.",
			},
			"timeAdded": {
				Type: "string", Format: "date-time",
				Description: "When the taint was added; the autoscaler does not use it.",
			},
		},
	}
}
