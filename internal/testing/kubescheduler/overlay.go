package kubescheduler

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// RenderManifest builds a folder as kubectl does with -k. It must have what ReadManifest wants.
func RenderManifest(folder string) (*Manifest, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	manifest := &Manifest{}
	for _, resource := range built.Resources() {
		content, err := resource.Map()
		if err == nil {
			err = manifest.add(&unstructured.Unstructured{Object: content})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
	}
	if manifest.Deployment == nil || manifest.Configuration == nil {
		return nil, fmt.Errorf("%s: want a Deployment, and a ConfigMap with the key %s", folder, configurationKey)
	}
	return manifest, nil
}
