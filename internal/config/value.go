package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// kind is how the type of the key is called in help and documents.
func (k Key) kind() string {
	switch k.Default.(type) {
	case bool:
		return "bool"
	case int:
		return "int"
	case time.Duration:
		return "duration"
	case []string:
		return "list"
	}
	return "string"
}

// parse reads a value of the key's type from text, as it comes from the environment and the command line.
func (k Key) parse(text string) (any, error) {
	switch k.Default.(type) {
	case bool:
		switch text {
		case "true", "false":
			return text == "true", nil
		}
		return nil, errors.New("want true or false")
	case int:
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, errors.New("want a whole number")
		}
		return number, nil
	case time.Duration:
		duration, err := time.ParseDuration(text)
		if err != nil {
			return nil, errors.New("want a duration with its unit, such as 500ms, 30s or 15m")
		}
		return duration, nil
	case []string:
		return splitList(text), nil
	}
	return text, nil
}

// splitList cuts a list at its commas. White space around an element is dropped; empty text is an empty list.
func splitList(text string) []string {
	if strings.TrimSpace(text) == "" {
		return []string{}
	}
	elements := strings.Split(text, ",")
	for i := range elements {
		elements[i] = strings.TrimSpace(elements[i])
	}
	return elements
}

// fromYAML reads a value of the key's type from what the YAML parser made of it.
func (k Key) fromYAML(value any) (any, error) {
	if elements, ok := value.([]any); ok {
		return k.fromYAMLList(elements)
	}
	if _, isList := k.Default.([]string); isList {
		return nil, errors.New("want a YAML list, such as [a, b]")
	}
	text, err := scalar(value)
	if err != nil {
		return nil, err
	}
	if _, isText := k.Default.(string); isText {
		if _, isBool := value.(bool); isBool {
			return nil, errors.New("want text, put it in quotes")
		}
	}
	return k.parse(text)
}

func (k Key) fromYAMLList(elements []any) (any, error) {
	if _, isList := k.Default.([]string); !isList {
		return nil, fmt.Errorf("want a single %s, not a list", k.kind())
	}
	list := make([]string, len(elements))
	for i, element := range elements {
		text, ok := element.(string)
		if !ok {
			return nil, fmt.Errorf("element %d: want text, put it in quotes", i+1)
		}
		list[i] = text
	}
	return list, nil
}

// scalar is a YAML value as text. Numbers with a fraction and dates are refused, since their text is not what was written.
func scalar(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case bool:
		return strconv.FormatBool(value), nil
	case int:
		return strconv.Itoa(value), nil
	case nil:
		return "", errors.New("has no value: give one, or remove the line")
	}
	return "", errors.New("want text or a whole number; put text in quotes")
}

// show is a value as text, in the form in which the command line takes it; nil has none.
func show(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case []string:
		return strings.Join(value, ",")
	case time.Duration:
		text := value.String()
		if strings.HasSuffix(text, "m0s") {
			text = strings.TrimSuffix(text, "0s")
		}
		if strings.HasSuffix(text, "h0m") {
			text = strings.TrimSuffix(text, "0m")
		}
		return text
	}
	return fmt.Sprint(value)
}
