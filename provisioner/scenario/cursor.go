package scenario

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// cursor walks over JSON that is known to be valid, which is why it never fails.
type cursor struct {
	data []byte
	pos  int
}

// start moves to the first byte of the next value, key or bracket and returns it.
func (c *cursor) start() byte {
	for {
		switch b := c.data[c.pos]; b {
		case ' ', '\t', '\r', '\n', ',', ':':
			c.pos++
		default:
			return b
		}
	}
}

// enter moves past the bracket that opens an object or a list.
func (c *cursor) enter() {
	c.start()
	c.pos++
}

// more tells whether another entry follows, and moves past the closing bracket when none does.
func (c *cursor) more() bool {
	if b := c.start(); b == '}' || b == ']' {
		c.pos++
		return false
	}
	return true
}

// raw moves past a value and returns its bytes, which alias the data.
func (c *cursor) raw() []byte {
	first, from := c.start(), c.pos
	switch first {
	case '"':
		c.skipText()
	case '{', '[':
		c.skipNested()
	default:
		for c.pos < len(c.data) && !endsLiteral(c.data[c.pos]) {
			c.pos++
		}
	}
	return c.data[from:c.pos]
}

func endsLiteral(b byte) bool {
	switch b {
	case ',', '}', ']', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// skipText moves past a string.
func (c *cursor) skipText() {
	c.pos++
	for {
		length := bytes.IndexByte(c.data[c.pos:], '"')
		escapes := 0
		for i := c.pos + length - 1; c.data[i] == '\\'; i-- {
			escapes++
		}
		c.pos += length + 1
		if escapes%2 == 0 {
			return
		}
	}
}

// skipNested moves past an object or a list.
func (c *cursor) skipNested() {
	for depth := 0; ; {
		switch c.data[c.pos] {
		case '"':
			c.skipText()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		c.pos++
		if depth == 0 {
			return
		}
	}
}

// text is the string that a JSON string stands for.
func text(raw []byte) string {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(raw, &s) // raw is a valid JSON string
	return s
}
