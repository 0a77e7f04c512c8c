package scenario

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"k8s.io/apimachinery/pkg/api/resource"
)

const (
	// maxEntries bounds a list or an object within one element, so that a small file cannot ask for much memory.
	maxEntries = 10_000
	// maxShared is the number of bytes of JSON text whose values are kept for sharing. Beyond it the decoder starts anew: equal
	// parts are mostly neighbours.
	maxShared = 4 << 20
)

// decoder turns JSON into Go values. Unlike encoding/json it knows the place of everything, reads keys as strictly as the API
// server does, finds all faults rather than the first, and shares what is equal: its results must not be changed.
type decoder struct {
	shapes shapes
	bytes  int               // of the keys in all shared values
	texts  map[string]string // strings seen, for sharing
	// fault is told what is wrong with the value at an offset.
	fault func(offset int, message string)
}

func newDecoder() *decoder { return &decoder{shapes: shapes{}, texts: map[string]string{}} }

// decode fills target, a pointer, from valid JSON.
func (d *decoder) decode(raw []byte, target any) {
	v := reflect.ValueOf(target).Elem()
	d.fresh(&cursor{data: raw}, d.shapes.of(v.Type()), v)
}

// value decodes the value under the cursor, or takes an equal one.
func (d *decoder) value(c *cursor, s *shape, v reflect.Value) {
	if s.shared == nil {
		d.fresh(c, s, v)
		return
	}
	c.start()
	from := c.pos
	raw := c.raw()
	if known, found := s.shared[string(raw)]; found {
		v.Set(known)
		return
	}
	c.pos = from
	d.fresh(c, s, v)
	if d.bytes += len(raw); d.bytes > maxShared {
		d.startAnew()
	}
	keep := reflect.New(s.typ).Elem()
	keep.Set(v)
	s.shared[string(raw)] = keep
}

func (d *decoder) startAnew() {
	d.bytes = 0
	clear(d.texts)
	for _, s := range d.shapes {
		clear(s.shared)
	}
}

// fresh decodes the value under the cursor. A null leaves the zero value, as in encoding/json.
func (d *decoder) fresh(c *cursor, s *shape, v reflect.Value) {
	opening := c.start()
	if opening == 'n' {
		c.raw()
		return
	}
	switch {
	case s.form == formPointer:
		v.Set(reflect.New(s.element.typ))
		d.value(c, s.element, v.Elem())
	case s.form == formStructure && opening == '{':
		d.structure(c, s, v)
	case s.form == formDictionary && opening == '{':
		d.dictionary(c, s, v)
	case s.form == formList && opening == '[':
		d.list(c, s, v)
	default:
		from := c.pos
		if message := d.leaf(c.raw(), s, v); message != "" {
			d.fault(from, message)
		}
	}
}

func (d *decoder) structure(c *cursor, s *shape, v reflect.Value) {
	var seen [4]uint64
	for c.enter(); c.more(); {
		from := c.pos
		key := c.raw()
		f, found := s.fields[string(key[1:len(key)-1])]
		if !found {
			f, found = s.fields[text(key)]
		}
		if !found {
			d.fault(from, unknownField(text(key), s))
			c.raw()
			continue
		}
		if bit := uint64(1) << (f.bit % 64); seen[f.bit/64]&bit != 0 {
			d.fault(from, fmt.Sprintf("field %s is given twice: remove one", excerpt(key)))
		} else {
			seen[f.bit/64] |= bit
		}
		target := v.FieldByIndex(f.index)
		target.SetZero()
		d.value(c, f.shape, target)
	}
}

func (d *decoder) dictionary(c *cursor, s *shape, v reflect.Value) {
	v.Set(reflect.MakeMap(s.typ))
	key, element := reflect.New(s.typ.Key()).Elem(), reflect.New(s.element.typ).Elem()
	for c.enter(); c.more(); {
		from := c.pos
		key.SetString(d.text(c.raw()))
		if v.MapIndex(key).IsValid() {
			d.fault(from, fmt.Sprintf("key %q is given twice: remove one", key.String()))
		}
		c.start()
		from = c.pos
		element.SetZero()
		d.value(c, s.element, element)
		if s.amounts {
			quantity, _ := element.Interface().(resource.Quantity)
			if message := badAmount(key.String(), c.data[from:c.pos], quantity); message != "" {
				d.fault(from, message)
			}
		}
		v.SetMapIndex(key, element)
	}
}

func (d *decoder) list(c *cursor, s *shape, v reflect.Value) {
	from, length := c.pos, 0
	for c.enter(); c.more(); length++ {
		c.raw()
	}
	if length > maxEntries {
		d.fault(from, fmt.Sprintf("the list has %d entries: want at most %d", length, maxEntries))
		return
	}
	c.pos = from
	v.Set(reflect.MakeSlice(s.typ, length, length))
	c.enter()
	for i := 0; c.more(); i++ {
		d.value(c, s.element, v.Index(i))
	}
}

// leaf decodes what is neither object nor list and says what is wrong with it.
func (d *decoder) leaf(raw []byte, s *shape, v reflect.Value) string {
	switch {
	case s.form == formText && raw[0] == '"':
		v.SetString(d.text(raw))
		return ""
	case s.form == formTruth && (raw[0] == 't' || raw[0] == 'f'):
		v.SetBool(raw[0] == 't')
		return ""
	case s.form == formWhole:
		if number, err := strconv.ParseInt(string(raw), 10, s.typ.Bits()); err == nil {
			v.SetInt(number)
			return ""
		}
	case s.form == formCustom:
		return custom(raw, v)
	case s.form == formOther:
		if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
			return fmt.Sprintf("%s: %v", excerpt(raw), err)
		}
		return ""
	}
	return fmt.Sprintf("%s is %s: want %s", excerpt(raw), kindOf(raw), s.describe())
}

// text is a string, shared with equal ones.
func (d *decoder) text(raw []byte) string {
	inner := raw[1 : len(raw)-1]
	if known, found := d.texts[string(inner)]; found {
		return known
	}
	s := text(raw)
	if d.bytes += len(inner); d.bytes > maxShared {
		d.startAnew()
	}
	d.texts[string(inner)] = s
	return s
}

func kindOf(raw []byte) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a truth value"
	}
	return "a number"
}
