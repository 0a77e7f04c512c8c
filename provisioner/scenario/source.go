package scenario

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
)

// source is the JSON text, unpacked when it comes packed. It remembers where its lines end, and how reading ended.
type source struct {
	reader io.Reader
	packed bool
	// err is the error with which reading ended; io.EOF is a good end.
	err error
	// read is the number of bytes read so far.
	read int64
	// lines is the number of line ends before those in ends, and start is the offset behind the last of them.
	lines int
	start int64
	// ends are the offsets of the line ends that may still be asked for.
	ends []int64
}

func newSource(r io.Reader) *source {
	buffered := bufio.NewReaderSize(r, 1<<16)
	s := &source{reader: buffered}
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		s.packed = true
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			s.reader, s.err = broken{err}, err
			return s
		}
		s.reader = unpacked
	}
	return s
}

// broken is a reader that gives only an error.
type broken struct{ err error }

func (f broken) Read([]byte) (int, error) { return 0, f.err }

// Read notes line ends as they pass.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.reader.Read(p)
	for i := 0; i < n; i++ {
		next := bytes.IndexByte(p[i:n], '\n')
		if next < 0 {
			break
		}
		i += next
		s.ends = append(s.ends, s.read+int64(i))
	}
	s.read += int64(n)
	if err != nil {
		s.err = err
	}
	return n, err
}

// forget drops the line ends before an offset: nobody will ask for a place before it.
func (s *source) forget(offset int64) {
	before, _ := slices.BinarySearch(s.ends, offset)
	if before == 0 {
		return
	}
	s.lines, s.start = s.lines+before, s.ends[before-1]+1
	s.ends = slices.Delete(s.ends, 0, before)
}

// place is the line and the column of an offset, counted from 1.
func (s *source) place(offset int64) (line, column int) {
	before, _ := slices.BinarySearch(s.ends, offset)
	start := s.start
	if before > 0 {
		start = s.ends[before-1] + 1
	}
	return s.lines + before + 1, int(offset-start) + 1
}

// failure says why the text ended before its time.
func (s *source) failure() string {
	switch {
	case s.err == nil || errors.Is(s.err, io.EOF):
		return "the file ends in the middle of a value: it is truncated; copy or write it again"
	case !s.packed:
		return fmt.Sprintf("cannot read on: %v", s.err)
	case errors.Is(s.err, io.ErrUnexpectedEOF):
		return "the gzip data ends early: it is truncated; copy or compress the file again"
	}
	return fmt.Sprintf("the gzip data is damaged (%v); copy or compress the file again", s.err)
}

// failed tells whether the text ended with anything but its end.
func (s *source) failed() bool { return s.err != nil && !errors.Is(s.err, io.EOF) }
