package kubescheduler

import (
	"fmt"
	"os"
	"path/filepath"

	jsonpatch "github.com/evanphx/json-patch/v5"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// StaticPod is the scheduler's pod as kubeadm writes it, with the patch of manifests/scheduler below a repository's root. kubeadm
// itself makes the same of the two: kubeadm init phase control-plane scheduler --dry-run --patches.
func StaticPod(root string) (*corev1.Pod, error) {
	folder := filepath.Join(root, "manifests", "scheduler")
	original, err := readJSON(filepath.Join(folder, "testdata", "kubeadm-v1.37.2-kube-scheduler.yaml"))
	if err != nil {
		return nil, err
	}
	operations, err := readJSON(filepath.Join(folder, "kubeadm-patches", "kube-scheduler0+json.yaml"))
	if err != nil {
		return nil, err
	}
	patch, err := jsonpatch.DecodePatch(operations)
	if err != nil {
		return nil, fmt.Errorf("the patch for kubeadm: %w", err)
	}
	patched, err := patch.Apply(original)
	if err != nil {
		return nil, fmt.Errorf("the patch for kubeadm: %w", err)
	}
	pod := &corev1.Pod{}
	return pod, yaml.UnmarshalStrict(patched, pod)
}

func readJSON(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return yaml.YAMLToJSON(content)
}
