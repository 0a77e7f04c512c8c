package volumes_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

func TestBind(t *testing.T) {
	size := func(quantity string) func(*corev1.PersistentVolumeClaim) {
		return func(c *corev1.PersistentVolumeClaim) { c.Spec.Resources.Requests = storage(quantity) }
	}
	holds := func(quantity string) func(*corev1.PersistentVolume) {
		return func(v *corev1.PersistentVolume) { v.Spec.Capacity = storage(quantity) }
	}
	small, large := volume("small", on("n"), holds("2Gi")), volume("large", on("n"), holds("9Gi"))
	manual := class("wait", provisionsNone)
	tests := map[string]struct {
		world world
		pod   *corev1.Pod
		taken map[string]string
		want  []volumes.Binding
		ok    bool
	}{
		"the smallest that is large enough": {given(claim("a", size("1Gi")), manual, large, small), pod("a"), nil, []volumes.Binding{{Volume: "small", Claim: "default/a"}}, true},
		"the smallest is too small":         {given(claim("a", size("3Gi")), manual, large, small), pod("a"), nil, []volumes.Binding{{Volume: "large", Claim: "default/a"}}, true},
		"of equal ones the first by name":   {given(claim("a"), manual, volume("y", on("n")), volume("x", on("n"))), pod("a"), nil, []volumes.Binding{{Volume: "x", Claim: "default/a"}}, true},
		"a volume each, small claims first": {given(claim("a", size("3Gi")), claim("b"), manual, large, small), pod("a", "b"), nil,
			[]volumes.Binding{{Volume: "small", Claim: "default/b"}, {Volume: "large", Claim: "default/a"}}, true},
		"not enough volumes":                  {given(claim("a"), claim("b"), manual, small, volume("elsewhere", on("m"))), pod("a", "b"), nil, nil, false},
		"not enough volumes, but new ones":    {given(claim("a"), claim("b"), class("wait"), small), pod("a", "b"), nil, []volumes.Binding{{Volume: "small", Claim: "default/a"}}, true},
		"new ones only elsewhere":             {given(claim("a"), claim("b"), class("wait", allows(hostname, "m")), small), pod("a", "b"), nil, nil, false},
		"one claim used twice wants two":      {given(claim("a"), manual, small), pod("a", "a"), nil, nil, false},
		"another pod has it":                  {given(claim("a"), manual, small), pod("a"), map[string]string{"small": "default/z"}, nil, false},
		"another pod has it, there is one":    {given(claim("a"), manual, small, large), pod("a"), map[string]string{"small": "default/z"}, []volumes.Binding{{Volume: "large", Claim: "default/a"}}, true},
		"the claim has one already":           {given(claim("a"), manual, small, large), pod("a"), map[string]string{"large": "default/a"}, []volumes.Binding{{Volume: "large", Claim: "default/a"}}, true},
		"the claim has one on another node":   {given(claim("a"), manual, small, volume("far", on("m"))), pod("a"), map[string]string{"far": "default/a"}, nil, false},
		"no claim that an old volume can fit": {given(claim("a"), class("wait")), pod("a"), nil, nil, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := test.world.demand(test.pod)
			got, ok := d.Bind(node("n"), test.taken)
			if diff := cmp.Diff(test.want, got); diff != "" || ok != test.ok {
				t.Errorf("got ok %t, want %t; bindings differ (-want +got):\n%s", ok, test.ok, diff)
			}
		})
	}
}

func TestStaticNamesItsVolumes(t *testing.T) {
	d := given(claim("a"), class("wait"), volume("y"), volume("x")).demand(pod("a"))
	if len(d.Static) != 1 || d.Static[0].Claim != "default/a" {
		t.Fatalf("got %+v, want one claim", d.Static)
	}
	if diff := cmp.Diff([]string{"x", "y"}, d.Static[0].Volumes()); diff != "" {
		t.Errorf("volumes differ (-want +got):\n%s", diff)
	}
}
