package scenario

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Scenario is a cluster and a market as a file describes them.
type Scenario struct {
	// Name is what the file calls itself; it may be empty.
	Name string
	// Snapshot is the planner's view. Its parts may be shared with each other, so it must not be changed.
	Snapshot plan.Snapshot
}

// Read reads a scenario in JSON, plain or packed with gzip. The file is the name of what is read, for messages. The error is an
// *Error for whatever is wrong, a failure of the reader included.
func Read(r io.Reader, file string) (*Scenario, error) {
	reader := &reader{stream: newStream(r), decoder: newDecoder(), places: map[place]position{}, given: map[string]bool{}}
	if err := reader.document(); err != nil {
		var stop *stopped
		if !errors.As(err, &stop) {
			return nil, err
		}
		reader.report(stop.offset, reader.at, stop.message)
	} else if len(reader.faults) < MaxFaults {
		reader.finish()
	}
	if len(reader.faults) > 0 {
		slices.SortStableFunc(reader.faults, func(a, b Fault) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
		return nil, &Error{File: file, Faults: reader.faults}
	}
	return &reader.scenario, nil
}

// reader is the reading of one scenario.
type reader struct {
	stream   *stream
	decoder  *decoder
	scenario Scenario
	market   market
	cluster  cluster
	faults   []Fault
	// at is the path that is being read.
	at string
	// places say where each named thing stands, and given which keys the document has.
	places map[place]position
	given  map[string]bool
}

// place is the name of an object of a kind.
type place struct{ kind, namespace, name string }

type position struct{ line, column int32 }

// errEnough ends reading after MaxFaults.
var errEnough = errors.New("enough faults")

// document reads the outermost object. Its errors are of the type *stopped.
func (r *reader) document() error {
	if opening, _ := r.stream.opening(); opening != '{' {
		return &stopped{message: notAnObject(opening, r.stream.source)}
	}
	if err := r.stream.bracket(); err != nil {
		return err
	}
	for r.stream.more() {
		key, offset, err := r.stream.key()
		if err != nil {
			return err
		}
		if err := r.section(key, offset); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
		r.at = ""
	}
	if err := r.stream.bracket(); err != nil {
		return err
	}
	return r.end()
}

// end makes sure that nothing follows. It reads to the end of the file, where gzip keeps its checksum.
func (r *reader) end() error {
	opening, offset := r.stream.opening()
	switch {
	case r.stream.source.failed():
		return &stopped{offset: r.stream.source.read, message: r.stream.source.failure()}
	case opening != 0:
		return &stopped{offset: offset, message: "there is more after the end of the scenario: remove it"}
	}
	return nil
}

func notAnObject(opening byte, source *source) string {
	switch {
	case source.failed():
		return source.failure()
	case opening == 0:
		return "the file is empty: want a JSON object with offerings and pods"
	case opening == '[':
		return "want a JSON object with offerings and pods, not a list: write {\"offerings\": [...], \"pods\": [...]}"
	case opening == 0xef || opening == 0xfe || opening == 0xff:
		return "the file starts with a byte order mark: write it in UTF-8 without one"
	}
	return "this is not JSON: want an object with offerings and pods, in braces (YAML must be converted first)"
}

// section reads the value of one key of the document, which stands at the offset from.
func (r *reader) section(name string, from int64) error {
	r.at = appendStep("", name)
	s, known := sections[name]
	switch {
	case !known:
		r.report(from, "", unknownSection(name))
	case r.given[name]:
		r.report(from, "", "key \""+name+"\" is given twice: remove one")
		known = false
	}
	r.given[name] = true
	switch {
	case !known:
		return r.skip()
	case s.list:
		return r.list(name, s.take)
	}
	return r.element(element{reader: r, path: r.at}, s.take)
}

func unknownSection(name string) string {
	allowed := slices.Sorted(maps.Keys(sections))
	for _, other := range allowed {
		if near(name, other) {
			return "unknown key \"" + name + "\": did you mean \"" + other + "\"?"
		}
	}
	return "unknown key \"" + name + "\": allowed are " + strings.Join(allowed, ", ")
}

// report keeps a fault at an offset of the document.
func (r *reader) report(offset int64, path, message string) {
	line, column := r.stream.source.place(offset)
	r.keep(Fault{Line: line, Column: column, Path: path}, message)
}

// keep keeps a fault, as long as there are not too many.
func (r *reader) keep(at Fault, message string) {
	if len(r.faults) < MaxFaults {
		at.Message = message
		r.faults = append(r.faults, at)
	}
}
