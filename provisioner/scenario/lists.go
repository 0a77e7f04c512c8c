package scenario

import "fmt"

// element is one value of the document: an entry of a list, or the whole value of a key.
type element struct {
	reader *reader
	path   string
	raw    []byte
	offset int64
}

// spot is the place of the value at a path of keys and positions within the element, in the form of a fault without a message.
func (e *element) spot(steps ...any) Fault {
	offset, _ := find(e.raw, steps)
	line, column := e.reader.stream.source.place(e.offset + int64(offset))
	path := e.path
	for _, step := range steps {
		path = appendStep(path, step)
	}
	return Fault{Line: line, Column: column, Path: path}
}

// has tells whether there is a value at a path.
func (e *element) has(steps ...any) bool {
	_, found := find(e.raw, steps)
	return found
}

// wrong reports a fault of the value at a path.
func (e *element) wrong(message string, steps ...any) {
	e.reader.keep(e.spot(steps...), message)
}

// decode fills target, a pointer, and tells whether nothing was wrong.
func (e *element) decode(target any) bool {
	before := len(e.reader.faults)
	d := e.reader.decoder
	d.fault = func(offset int, message string) {
		e.reader.report(e.offset+int64(offset), pathTo(e.path, e.raw, offset), message)
	}
	d.decode(e.raw, target)
	return len(e.reader.faults) == before
}

// unique reports a second object of the same kind and name.
func (e *element) unique(p place, steps ...any) {
	here := e.spot(steps...)
	if first, taken := e.reader.places[p]; taken {
		name := p.name
		if p.namespace != "" {
			name = p.namespace + "/" + name
		}
		e.reader.keep(here, fmt.Sprintf("%s %q is given twice, first at line %d, column %d: rename or remove one",
			p.kind, name, first.line, first.column))
		return
	}
	e.reader.places[p] = position{int32(here.Line), int32(here.Column)}
}

// take handles one element.
type take func(*element)

// element reads one value and hands it on. Its errors are of the type *stopped, or errEnough.
func (r *reader) element(e element, take take) error {
	r.at = e.path
	var err error
	if e.raw, e.offset, err = r.stream.value(); err != nil {
		return err
	}
	r.stream.source.forget(e.offset)
	take(&e)
	if len(r.faults) >= MaxFaults {
		return errEnough
	}
	return nil
}

// list reads the entries of a list, which may stand in an object of the kind List, as kubectl prints it.
func (r *reader) list(name string, take take) error {
	switch opening, _ := r.stream.opening(); opening {
	case '[':
		return r.entries(name, take)
	case '{':
		return r.items(name, take)
	}
	return r.element(element{reader: r, path: name}, func(e *element) {
		if string(e.raw) != "null" {
			e.wrong(fmt.Sprintf("%s is %s: want a list in brackets", excerpt(e.raw), kindOf(e.raw)))
		}
	})
}

func (r *reader) entries(path string, take take) error {
	if err := r.stream.bracket(); err != nil {
		return err
	}
	for i := 0; r.stream.more(); i++ {
		if err := r.element(element{reader: r, path: appendStep(path, i)}, take); err != nil {
			return err
		}
	}
	r.at = path
	return r.stream.bracket()
}

// items reads an object of the kind List.
func (r *reader) items(path string, take take) error {
	if err := r.stream.bracket(); err != nil {
		return err
	}
	for r.stream.more() {
		key, offset, err := r.stream.key()
		if err != nil {
			return err
		}
		if err := r.item(path, key, offset, take); err != nil {
			return err
		}
	}
	r.at = path
	return r.stream.bracket()
}

func (r *reader) item(path, key string, offset int64, take take) error {
	switch key {
	case "items":
		r.at = path + ".items"
		if opening, _ := r.stream.opening(); opening == '[' {
			return r.entries(r.at, take)
		}
	case "apiVersion", "kind", "metadata":
		return r.skip()
	}
	r.report(offset, path, fmt.Sprintf("key %q: want a list in brackets, or an object of the kind List with items in brackets", key))
	return r.skip()
}

// skip reads a value that nobody wants.
func (r *reader) skip() error {
	return r.element(element{reader: r, path: r.at}, func(*element) {})
}
