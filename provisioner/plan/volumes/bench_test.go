package volumes_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

func BenchmarkSimple(b *testing.B) {
	p := pod(corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{}}, corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{}},
		corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{}})
	b.ReportAllocs()
	for b.Loop() {
		if !volumes.Simple(p) {
			b.Fatal("the pod is not simple")
		}
	}
}

func BenchmarkDemand(b *testing.B) {
	bound := given(claim("data", boundTo("v")), volume("v", reachedBy(in(zone, "a")), labelled(zone, "a")))
	local := given(claim("data"), class("wait", provisionsNone))
	for i := range 1000 {
		local.volumes = append(local.volumes, volume(fmt.Sprintf("v%03d", i), on(fmt.Sprintf("n%03d", i))))
	}
	for _, c := range []struct {
		name  string
		world world
	}{
		{"a bound claim", bound},
		{"a claim to provision", given(claim("data"), class("wait", allows(zone, "a")))},
		{"a claim and 1000 local volumes", local},
	} {
		b.Run(c.name, func(b *testing.B) {
			catalog, p := volumes.NewCatalog(c.world.claims, c.world.volumes, c.world.classes), pod("data")
			b.ReportAllocs()
			for b.Loop() {
				if d := catalog.Demand(p); d.Problem != "" {
					b.Fatal(d.Problem)
				}
			}
		})
	}
}

func BenchmarkNewCatalog(b *testing.B) {
	var w world
	for i := range 10_000 {
		name := fmt.Sprintf("v%05d", i)
		w.claims = append(w.claims, claim("c"+name, boundTo(name)))
		w.volumes = append(w.volumes, volume(name, reachedBy(in(zone, "a")), labelled(zone, "a"), func(v *corev1.PersistentVolume) {
			v.Status.Phase, v.Spec.ClaimRef = corev1.VolumeBound, &corev1.ObjectReference{Namespace: "default", Name: "c" + name}
		}))
	}
	b.ReportAllocs()
	for b.Loop() {
		volumes.NewCatalog(w.claims, w.volumes, w.classes)
	}
}

func BenchmarkBind(b *testing.B) {
	w := given(claim("data"), class("wait", provisionsNone))
	for i := range 1000 {
		w.volumes = append(w.volumes, volume(fmt.Sprintf("v%03d", i), on(fmt.Sprintf("n%03d", i))))
	}
	d, n := w.demand(pod("data")), node("n999")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := d.Bind(n, nil); !ok {
			b.Fatal("the node's volume is not found")
		}
	}
}
