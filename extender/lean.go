package extender

import (
	"bytes"
	"encoding/json"
)

// readLean reads a request as kube-scheduler writes it when it sends names: Pod, Nodes, NodeNames, each once at most, Nodes null, and names
// without anything that JSON escapes. Nine tenths of such a request are names, which need no parser that is ready for everything. It
// gives up, ok false, on all other requests, right ones and wrong ones; whoever calls it then reads them in full.
func readLean(body []byte) (in args, ok bool) {
	rest, ok := after(body, '{')
	var pod, names []byte
	for more := ok; more; {
		var key, value []byte
		if key, rest, ok = quoted(rest); !ok {
			return args{}, false
		}
		if rest, ok = after(rest, ':'); !ok {
			return args{}, false
		}
		if value, rest, ok = valueOf(rest); !ok {
			return args{}, false
		}
		switch {
		case string(key) == "Pod" && pod == nil:
			pod = value
		case string(key) == "NodeNames" && names == nil:
			names = value
		case string(key) != "Nodes" || string(value) != "null":
			return args{}, false
		}
		rest, more = after(rest, ',')
	}
	rest, ok = after(rest, '}')
	if !ok || len(space(rest)) > 0 || pod == nil || names == nil {
		return args{}, false
	}
	if in.nodes, ok = readNames(names); !ok || json.Unmarshal(pod, &in.pod) != nil || in.pod == nil {
		return args{}, false
	}
	return in, true
}

// readNames reads a list of strings. They share one piece of memory.
func readNames(list []byte) (names []string, ok bool) {
	rest, ok := after(list, '[')
	if !ok {
		return nil, false
	}
	if end, empty := after(rest, ']'); empty {
		return []string{}, len(space(end)) == 0
	}
	whole := string(list)
	names = make([]string, 0, bytes.Count(list, []byte{','})+1)
	for more := true; more; {
		var name []byte
		if name, rest, ok = quoted(rest); !ok {
			return nil, false
		}
		end := len(list) - len(rest) - 1 // before the quotation mark
		names = append(names, whole[end-len(name):end])
		rest, more = after(rest, ',')
	}
	rest, ok = after(rest, ']')
	return names, ok && len(space(rest)) == 0
}

// space cuts white space off the beginning.
func space(rest []byte) []byte { return bytes.TrimLeft(rest, " \t\r\n") }

// after cuts white space and one byte off the beginning, if that is the byte which comes next.
func after(rest []byte, want byte) (left []byte, ok bool) {
	left = space(rest)
	if len(left) == 0 || left[0] != want {
		return left, false
	}
	return left[1:], true
}

// quoted reads a string in which nothing is escaped and every character is ASCII.
func quoted(rest []byte) (text, left []byte, ok bool) {
	if rest, ok = after(rest, '"'); !ok {
		return nil, nil, false
	}
	for i, c := range rest {
		switch {
		case c == '"':
			return rest[:i], rest[i+1:], true
		case c == '\\' || c < ' ' || c > '~':
			return nil, nil, false
		}
	}
	return nil, nil, false
}

// valueOf finds where a value ends, without a check of what is in it.
func valueOf(rest []byte) (value, left []byte, ok bool) {
	rest = space(rest)
	depth := 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			if i = endOfString(rest, i); i < 0 {
				return nil, nil, false
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return bytes.TrimRight(rest[:i], " \t\r\n"), rest[i:], i > 0
			}
			depth--
		case ',':
			if depth == 0 {
				return bytes.TrimRight(rest[:i], " \t\r\n"), rest[i:], i > 0
			}
		}
	}
	return nil, nil, false
}

// endOfString is where the string that begins at a place ends; negative when it does not.
func endOfString(rest []byte, at int) int {
	for i := at + 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
