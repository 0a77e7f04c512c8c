package scenario

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// plainKey is a key that needs no quotes in a path.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// appendStep adds a key (a string) or a position (an int) to a path.
func appendStep(path string, step any) string {
	key, isKey := step.(string)
	switch {
	case !isKey:
		return fmt.Sprintf("%s[%d]", path, step)
	case !plainKey.MatchString(key):
		return fmt.Sprintf("%s[%q]", path, key)
	case path == "":
		return key
	}
	return path + "." + key
}

// pathTo is the path below base of the value that starts at an offset of valid JSON, or of the one that has the offset inside.
func pathTo(base string, raw []byte, offset int) string {
	c := &cursor{data: raw}
	for {
		opening := c.start()
		if c.pos >= offset || opening != '{' && opening != '[' {
			return base
		}
		step, found := stepTo(c, opening, offset)
		if !found {
			return base
		}
		base = appendStep(base, step)
	}
}

// stepTo moves into the entry that has the offset in its value.
func stepTo(c *cursor, opening byte, offset int) (step any, found bool) {
	c.enter()
	for i := 0; c.more(); i++ {
		step = i
		if opening == '{' {
			step = text(c.raw())
		}
		c.start()
		from := c.pos
		if from > offset {
			return nil, false
		}
		if c.raw(); offset < c.pos {
			c.pos = from
			return step, true
		}
	}
	return nil, false
}

// find is the offset of the value at a path of keys and positions. Where the path ends early, it is that of the last part that
// exists, and not found.
func find(raw []byte, steps []any) (offset int, found bool) {
	c := &cursor{data: raw}
	for _, step := range steps {
		opening := c.start()
		if opening != '{' && opening != '[' || !descend(c, opening, step) {
			return c.pos, false
		}
	}
	c.start()
	return c.pos, true
}

// descend moves to the value of a key or position; without such a one, the cursor stays.
func descend(c *cursor, opening byte, step any) bool {
	before := c.pos
	c.enter()
	for i := 0; c.more(); i++ {
		if opening == '{' && text(c.raw()) == step || opening == '[' && i == step {
			c.start()
			return true
		}
		c.raw()
	}
	c.pos = before
	return false
}

// excerpt is a value as it stands in the file, cut to a length that fits into a message.
func excerpt(raw []byte) string {
	const most = 60
	line := bytes.Join(bytes.Fields(raw), []byte(" "))
	if len(line) <= most {
		return string(line)
	}
	return strings.ToValidUTF8(string(line[:most]), "") + "..."
}
