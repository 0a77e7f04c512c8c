package scenario

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// form is how a Go type is written in JSON.
type form int

const (
	formStructure  form = iota // a struct: an object with known fields
	formDictionary             // a map: an object with any keys
	formList                   // a slice
	formPointer                // what it points to
	formText                   // a string
	formWhole                  // a whole number
	formTruth                  // true or false
	formCustom                 // a type with an UnmarshalJSON of its own
	formOther                  // anything else, left to encoding/json
)

// shape is what the decoder knows of a Go type.
type shape struct {
	typ  reflect.Type
	form form
	// fields are those of a structure by their JSON name.
	fields map[string]field
	// element is the shape of what a dictionary, a list or a pointer holds.
	element *shape
	// amounts marks lists of resources, whose quantities must not be negative or absurd.
	amounts bool
	// shared are the values decoded so far by their JSON text; nil for types whose values are hardly ever equal.
	shared map[string]reflect.Value
}

// field is a field of a structure.
type field struct {
	index []int // for reflect.Value.FieldByIndex
	bit   int   // its number in the structure
	shape *shape
}

var (
	customType    = reflect.TypeFor[json.Unmarshaler]()
	resourcesType = reflect.TypeFor[corev1.ResourceList]()
	// unique are the types whose values are hardly ever equal, because they hold names.
	unique = []reflect.Type{reflect.TypeFor[metav1.ObjectMeta](), reflect.TypeFor[*metav1.ObjectMeta]()}
)

// shapes makes each shape once.
type shapes map[reflect.Type]*shape

func (all shapes) of(typ reflect.Type) *shape {
	if known := all[typ]; known != nil {
		return known
	}
	s := &shape{typ: typ, form: formOf(typ), amounts: typ == resourcesType}
	all[typ] = s // before the fields, for types that hold themselves
	switch s.form {
	case formStructure:
		s.fields = map[string]field{}
		all.addFields(s, typ, nil)
	case formDictionary, formList, formPointer:
		s.element = all.of(typ.Elem())
	}
	if s.form <= formPointer && !slices.Contains(unique, typ) {
		s.shared = map[string]reflect.Value{}
	}
	return s
}

func formOf(typ reflect.Type) form {
	if reflect.PointerTo(typ).Implements(customType) {
		return formCustom
	}
	switch typ.Kind() {
	case reflect.Struct:
		return formStructure
	case reflect.Map:
		if typ.Key().Kind() == reflect.String {
			return formDictionary
		}
	case reflect.Slice:
		if typ.Elem().Kind() != reflect.Uint8 {
			return formList
		}
	case reflect.Pointer:
		return formPointer
	case reflect.String:
		return formText
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return formWhole
	case reflect.Bool:
		return formTruth
	}
	return formOther
}

// addFields adds the fields of a struct, those of embedded structs without a name included.
func (all shapes) addFields(s *shape, typ reflect.Type, prefix []int) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		index := append(slices.Clone(prefix), i)
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			all.addFields(s, f.Type, index)
		case name == "":
			s.fields[f.Name] = field{index: index, bit: len(s.fields), shape: all.of(f.Type)}
		default:
			s.fields[name] = field{index: index, bit: len(s.fields), shape: all.of(f.Type)}
		}
	}
}

// describe says what a value of the shape looks like.
func (s *shape) describe() string {
	switch s.form {
	case formStructure, formDictionary:
		return "an object in braces"
	case formList:
		return "a list in brackets"
	case formText:
		return "a string in quotes"
	case formWhole:
		return fmt.Sprintf("a whole number of at most %d bits, without quotes", s.typ.Bits())
	case formTruth:
		return "true or false, without quotes"
	case formPointer:
		return s.element.describe()
	}
	return "something else"
}
