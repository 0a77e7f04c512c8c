package canon_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/canon"
)

func selector(operator metav1.LabelSelectorOperator, values ...string) []byte {
	return canon.Selector(nil, &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "k", Operator: operator, Values: values}}})
}

func TestWhatMeansTheSameIsTheSame(t *testing.T) {
	a, b := corev1.Toleration{Key: "a"}, corev1.Toleration{Key: "b"}
	for name, pair := range map[string][2][]byte{
		"maps":        {canon.Map(nil, map[string]string{"x": "1", "y": "2"}), canon.Map(nil, map[string]string{"y": "2", "x": "1"})},
		"sets":        {canon.Set(nil, []string{"x", "y"}), canon.Set(nil, []string{"y", "x"})},
		"selectors":   {selector(metav1.LabelSelectorOpIn, "x", "y"), selector(metav1.LabelSelectorOpIn, "y", "x")},
		"tolerations": {canon.Tolerations(nil, []corev1.Toleration{a, b}), canon.Tolerations(nil, []corev1.Toleration{b, a})},
	} {
		if string(pair[0]) != string(pair[1]) {
			t.Errorf("%s: %q and %q mean the same", name, pair[0], pair[1])
		}
	}
}

func TestWhatDiffersIsDifferent(t *testing.T) {
	for name, pair := range map[string][2][]byte{
		"texts that join to the same":  {canon.Text(nil, "ab", "c"), canon.Text(nil, "a", "bc")},
		"an empty text more":           {canon.Text(nil, "a"), canon.Text(nil, "a", "")},
		"no selector and an empty one": {canon.Selector(nil, nil), canon.Selector(nil, &metav1.LabelSelector{})},
		"operators":                    {selector(metav1.LabelSelectorOpIn, "x"), selector(metav1.LabelSelectorOpNotIn, "x")},
		"node terms and fields": {
			canon.NodeSelector(nil, &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "k"}}}}}),
			canon.NodeSelector(nil, &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: []corev1.NodeSelectorRequirement{{Key: "k"}}}}}),
		},
		"effects": {canon.Tolerations(nil, []corev1.Toleration{{Key: "a", Effect: "NoSchedule"}}), canon.Tolerations(nil, []corev1.Toleration{{Key: "a"}})},
	} {
		if string(pair[0]) == string(pair[1]) {
			t.Errorf("%s: both are %q", name, pair[0])
		}
	}
}
