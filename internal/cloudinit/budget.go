package cloudinit

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"text/template"
	"text/template/parse"
)

const (
	// maxWork bounds what rendering may do, in units of about one node of a template or one byte that a function returns. It
	// takes a fraction of a second, and is many times what a large template needs.
	maxWork = 1 << 19
	// loopWork is what one round of a loop costs beside its body.
	loopWork = 8
	// callWork is what calling a template costs: a template that calls itself is stopped long before its stack is large.
	callWork = 1000
	// maxArguments bounds the text that one call can put together.
	maxArguments = 16
)

var (
	errWork = errors.New("the template does too much: has it a loop or a call of itself without an end?")
	errSize = fmt.Errorf("the document would have more than %d bytes: make it smaller, for instance by downloading on the machine what is large", MaxBytes)
)

// budget bounds one rendering.
type budget struct{ spent int }

func (b *budget) spend(work int) error {
	if b.spent += work; b.spent > maxWork {
		return errWork
	}
	return nil
}

// stepName is the function that is called at the start of every loop body and called template.
const stepName = "__step"

func (b *budget) step(work int) (string, error) { return "", b.spend(work) }

// hold is a function that returns an error rather than a long text.
func (b *budget) hold(call reflect.Value) any {
	held := func(args []reflect.Value) []reflect.Value {
		result, err := b.call(call, args)
		returned := reflect.New(reflect.TypeFor[error]()).Elem()
		if err != nil {
			returned.Set(reflect.ValueOf(err))
		}
		return []reflect.Value{result, returned}
	}
	of := call.Type()
	in := make([]reflect.Type, of.NumIn())
	for i := range in {
		in[i] = of.In(i)
	}
	out := []reflect.Type{of.Out(0), reflect.TypeFor[error]()}
	return reflect.MakeFunc(reflect.FuncOf(in, out, of.IsVariadic()), held).Interface()
}

func (b *budget) call(call reflect.Value, args []reflect.Value) (reflect.Value, error) {
	none := reflect.Zero(call.Type().Out(0))
	invoke := call.Call
	if call.Type().IsVariadic() {
		invoke = call.CallSlice
		if count := args[len(args)-1].Len(); count > maxArguments {
			return none, fmt.Errorf("%d arguments: use at most %d", count, maxArguments)
		}
	}
	results := invoke(args)
	if len(results) > 1 && !results[1].IsNil() {
		return none, results[1].Interface().(error)
	}
	if results[0].Kind() != reflect.String {
		return results[0], nil
	}
	if results[0].Len() > MaxBytes {
		return none, errSize
	}
	return results[0], b.spend(results[0].Len())
}

// meter puts a step into every loop body and every template that can be called, with the number of nodes that follow it.
func meter(parsed *template.Template) error {
	for _, named := range parsed.Templates() {
		if named.Tree == nil || named.Root == nil {
			continue
		}
		nodes, err := meterLoops(named.Root)
		if err == nil {
			err = prepend(named.Root, callWork+nodes)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// meterLoops puts a step into every loop body below a node, and returns the number of nodes there. It counts in one pass: loops may
// be nested thousands deep.
func meterLoops(node parse.Node) (int, error) {
	nodes := 1
	for _, child := range children(node) {
		below, err := meterLoops(child)
		if err != nil {
			return 0, err
		}
		nodes += below
	}
	if loop, ok := node.(*parse.RangeNode); ok {
		return nodes, prepend(loop.List, loopWork+nodes)
	}
	return nodes, nil
}

func prepend(list *parse.ListNode, work int) error {
	step, err := template.New("step").Funcs(template.FuncMap{stepName: (*budget).step}).Parse(fmt.Sprintf("{{%s %d}}", stepName, work))
	if err != nil {
		return err
	}
	list.Nodes = slices.Insert(list.Nodes, 0, step.Root.Nodes[0])
	return nil
}

// bounded keeps what is written, up to MaxBytes.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(text []byte) (int, error) {
	if b.Len()+len(text) > MaxBytes {
		return 0, errSize
	}
	return b.Buffer.Write(text)
}
