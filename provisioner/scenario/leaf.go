package scenario

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// maxListedFields is how many fields a message lists; a longer list helps nobody.
const maxListedFields = 16

// custom decodes a type with an UnmarshalJSON of its own and says what is wrong with the value.
func custom(raw []byte, v reflect.Value) string {
	target, _ := v.Addr().Interface().(json.Unmarshaler)
	err := target.UnmarshalJSON(raw)
	if err == nil {
		return ""
	}
	switch target.(type) {
	case *resource.Quantity:
		return fmt.Sprintf("%s is not a quantity: write for example \"500m\", \"2\", \"1.5Gi\" or \"100M\"", excerpt(raw))
	case *metav1.Time, *metav1.MicroTime:
		return fmt.Sprintf("%s is not a time: write it as \"2026-01-31T12:00:00Z\"", excerpt(raw))
	case *metav1.Duration:
		return fmt.Sprintf("%s is not a duration: write it as \"1h30m\"", excerpt(raw))
	}
	return fmt.Sprintf("%s: %v", excerpt(raw), err)
}

// mostCores and mostUnits are amounts that no machine has: what is above them is a slip of the unit.
const (
	mostCores = 1e6
	mostUnits = 1 << 53
)

// badAmount says what is wrong with an amount of a resource, which was read from raw.
func badAmount(name string, raw []byte, quantity resource.Quantity) string {
	most := resource.NewQuantity(mostUnits, resource.DecimalSI)
	if name == string(corev1.ResourceCPU) {
		most = resource.NewQuantity(mostCores, resource.DecimalSI)
	}
	switch {
	case quantity.Sign() < 0:
		return fmt.Sprintf("%s is negative: an amount of %s must be 0 or more", excerpt(raw), name)
	case quantity.Cmp(*most) > 0:
		return fmt.Sprintf("%s is more %s than any machine has: check the unit (want at most %s)", excerpt(raw), name, most)
	}
	return ""
}

// unknownField names what is allowed instead.
func unknownField(name string, s *shape) string {
	allowed := slices.Sorted(maps.Keys(s.fields))
	message := fmt.Sprintf("unknown field %q", name)
	for _, other := range allowed {
		if near(name, other) {
			return fmt.Sprintf("%s: did you mean %q?", message, other)
		}
	}
	if len(allowed) > maxListedFields {
		return fmt.Sprintf("%s: a %s of the Kubernetes API 1.37 has no such field; remove it (kubectl explain lists the fields)",
			message, s.typ.Name())
	}
	return fmt.Sprintf("%s: allowed are %s", message, strings.Join(allowed, ", "))
}

// near tells whether one key is probably a slip for another: upper and lower case, one letter too many, missing, wrong, or two swapped.
func near(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	if len(b) < 3 || len(a)-len(b) > 1 || len(b)-len(a) > 1 {
		return false
	}
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	a, b = a[head:], b[head:]
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:] {
		return true
	}
	return len(a) == len(b) && a[1:] == b[1:] || len(a) > len(b) && a[1:] == b || len(b) > len(a) && b[1:] == a
}
