package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// stream gives the values of a JSON document one by one, each with its offset.
type stream struct {
	source  *source
	decoder *json.Decoder
	buffer  json.RawMessage
}

func newStream(r io.Reader) *stream {
	s := &stream{source: newSource(r)}
	s.decoder = json.NewDecoder(s.source)
	return s
}

// stopped ends reading: what comes after it cannot be understood.
type stopped struct {
	offset  int64
	message string
}

func (s *stopped) Error() string { return s.message }

// bracket moves past the bracket that opens or closes an object or a list. Its errors are of the type *stopped.
func (s *stream) bracket() error {
	if _, err := s.decoder.Token(); err != nil {
		return s.stop(err)
	}
	return nil
}

// key is the next key of an object and its offset. Its errors are of the type *stopped.
func (s *stream) key() (string, int64, error) {
	_, offset := s.opening()
	token, err := s.decoder.Token()
	if err != nil {
		return "", 0, s.stop(err)
	}
	key, _ := token.(string)
	return key, offset, nil
}

// more tells whether the object or list that was entered has another entry.
func (s *stream) more() bool { return s.decoder.More() }

// value is the next value and its offset. The bytes are valid until the next call. Its errors are of the type *stopped.
func (s *stream) value() ([]byte, int64, error) {
	if err := s.decoder.Decode(&s.buffer); err != nil {
		return nil, 0, s.stop(err)
	}
	return s.buffer, s.decoder.InputOffset() - int64(len(s.buffer)), nil
}

// opening is the first byte of the next value, which is not read yet, and its offset. The byte is zero when there is none.
func (s *stream) opening() (byte, int64) {
	s.decoder.More() // has the decoder look for the next value
	rest, _ := io.ReadAll(s.decoder.Buffered())
	next := bytes.TrimLeft(rest, " \t\r\n,:")
	offset := s.decoder.InputOffset() + int64(len(rest)-len(next))
	if len(next) == 0 {
		return 0, offset
	}
	return next[0], offset
}

// stop turns an error of the decoder into one with a place.
func (s *stream) stop(err error) error {
	var syntax, again *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &stopped{offset: s.source.read, message: s.source.failure()}
	}
	stop := &stopped{offset: syntax.Offset, message: "this is not JSON: " + syntax.Error()}
	// Within a value the decoder counts from somewhere else, so the fault is looked for once more in what it has not consumed.
	rest, _ := io.ReadAll(s.decoder.Buffered())
	value := bytes.TrimLeft(rest, " \t\r\n,:")
	if errors.As(json.Unmarshal(value, new(json.RawMessage)), &again) && again.Error() == syntax.Error() {
		stop.offset = s.decoder.InputOffset() + int64(len(rest)-len(value)) + again.Offset - 1
	}
	return stop
}
