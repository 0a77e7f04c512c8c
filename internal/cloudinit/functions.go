package cloudinit

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"sigs.k8s.io/yaml"
)

// Function is something that a template may call beside what text/template has.
type Function struct {
	Name string
	// Usage shows how it is called.
	Usage string
	// Doc says what it returns.
	Doc string

	call any
}

// Functions lists what a template may call. The caller may change the slice.
func Functions() []Function { return slices.Clone(functions) }

var functions = []Function{
	{"quote", "quote .A", "the text in double quotes, right in YAML and JSON", quote},
	{"shellQuote", "shellQuote .A", "the text in single quotes, one word in a shell script", shellQuote},
	{"toYaml", "toYaml .A", "the value in YAML, without a newline at its end", toYAML},
	{"indent", "indent 4 .A", "the text with spaces before every line that is not empty", indent},
	{"nindent", "nindent 4 .A", "a newline, then the same as `indent`", nindent},
	{"base64", "base64 .A", "the text in standard base64", encode},
	{"join", "join \",\" .A", "the parts of a list with the separator between them", join},
	{"lower", "lower .A", "the text in lower case", strings.ToLower},
	{"default", "default \"x\" .A", "the second argument, or the first where the second is empty", orDefault},
}

func quote(text string) (string, error) {
	quoted, err := json.Marshal(text)
	return string(quoted), err
}

func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func toYAML(value any) (string, error) {
	document, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(document), "\n"), err
}

// maxIndent is more than any document needs.
const maxIndent = 64

func indent(spaces int, text string) (string, error) {
	if spaces < 0 || spaces > maxIndent {
		return "", fmt.Errorf("%d spaces: choose 0 to %d", spaces, maxIndent)
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", spaces) + line
		}
	}
	return strings.Join(lines, "\n"), nil
}

func nindent(spaces int, text string) (string, error) {
	indented, err := indent(spaces, text)
	return "\n" + indented, err
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func join(separator string, parts []string) string { return strings.Join(parts, separator) }

func orDefault(otherwise, value any) any {
	if truth, ok := template.IsTrue(value); !ok || !truth {
		return otherwise
	}
	return value
}

// printers are the functions of text/template that make text as long as they like. They are replaced by bounded ones.
var printers = map[string]any{
	"print": fmt.Sprint, "println": fmt.Sprintln, "printf": printf,
	"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
}

// wide finds what makes a verb as wide as it likes: a width or precision of four digits, or one that is an argument.
var wide = regexp.MustCompile(`%[^%a-zA-Z]*([1-9][0-9]{3}|\*)`)

func printf(format string, args ...any) (string, error) {
	if verb := wide.FindString(format); verb != "" {
		return "", fmt.Errorf("a verb starts with %q: a width has at most three digits", verb)
	}
	return fmt.Sprintf(format, args...), nil
}

// callable are all functions as a template calls them, each held to the budget.
func callable(b *budget) template.FuncMap {
	calls := template.FuncMap{stepName: b.step}
	for _, function := range functions {
		calls[function.Name] = b.hold(reflect.ValueOf(function.call))
	}
	for name, call := range printers {
		calls[name] = b.hold(reflect.ValueOf(call))
	}
	return calls
}
