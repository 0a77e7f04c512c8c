package volumes_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

// oddities fills objects with random values: a few strings that meet each other, pointers that are often nil, short lists.
type oddities struct{ *rand.Rand }

func (o oddities) fill(v reflect.Value, depth int) {
	if depth > 12 {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if o.IntN(3) == 0 && v.CanSet() {
			v.Set(reflect.New(v.Type().Elem()))
			o.fill(v.Elem(), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				o.fill(v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), o.IntN(3), 3))
		for i := range v.Len() {
			o.fill(v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range o.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			o.fill(key, depth+1)
			o.fill(value, depth+1)
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		words := []string{"", "a", "a__b", "In", "Exists", "wait", zone, hostname, "metadata.name", "storage", "Available", "ReadWriteOncePod", "WaitForFirstConsumer"}
		v.SetString(words[o.IntN(len(words))])
	case reflect.Bool:
		v.SetBool(o.IntN(2) == 0)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(o.IntN(5)))
	default:
	}
}

func odd[T any](o oddities, n int) []*T {
	list := make([]*T, n)
	for i := range list {
		if o.IntN(10) > 0 {
			list[i] = new(T)
			o.fill(reflect.ValueOf(list[i]).Elem(), 0)
		}
	}
	return list
}

func checkOddObjects(t *testing.T, seed uint64) {
	t.Helper()
	o := oddities{rand.New(rand.NewPCG(seed, 1))}
	w := world{claims: odd[corev1.PersistentVolumeClaim](o, 6), volumes: odd[corev1.PersistentVolume](o, 6), classes: odd[storagev1.StorageClass](o, 4)}
	pods := odd[corev1.Pod](o, 4)

	first, second := volumes.NewCatalog(w.claims, w.volumes, w.classes), volumes.NewCatalog(w.claims, w.volumes, w.classes)
	for _, p := range pods {
		if p == nil {
			continue
		}
		got, again := first.Demand(p), second.Demand(p)
		if diff := cmp.Diff(visible(got), visible(again)); diff != "" {
			t.Errorf("seed %d: the same pod asks for other things:\n%s", seed, diff)
		}
		if volumes.Simple(p) && cmp.Diff(visible(volumes.Demand{}), visible(got)) != "" {
			t.Errorf("seed %d: a simple pod asks for %+v", seed, got)
		}
		for _, n := range append(nodes, &corev1.Node{}) {
			admits(got, n)
			got.Bind(n, map[string]string{"a": "a/a"})
		}
	}
}

// visible is a demand with the volumes of its static claims by name.
func visible(d volumes.Demand) any {
	var static [][]string
	for i := range d.Static {
		static = append(static, append(d.Static[i].Volumes(), d.Static[i].Claim))
	}
	d.Static = nil
	return []any{d, static}
}

func TestOddObjects(t *testing.T) {
	for seed := range uint64(300) {
		checkOddObjects(t, seed)
	}
}

func FuzzOddObjects(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(checkOddObjects)
}
