package cloudinit

import "text/template/parse"

// children are the nodes right below one.
func children(node parse.Node) []parse.Node {
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			return n.Nodes
		}
	case *parse.ActionNode:
		return []parse.Node{n.Pipe}
	case *parse.IfNode:
		return branches(&n.BranchNode)
	case *parse.RangeNode:
		return branches(&n.BranchNode)
	case *parse.WithNode:
		return branches(&n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			return []parse.Node{n.Pipe}
		}
	case *parse.PipeNode:
		commands := make([]parse.Node, len(n.Cmds))
		for i, command := range n.Cmds {
			commands[i] = command
		}
		return commands
	case *parse.CommandNode:
		return n.Args
	case *parse.ChainNode:
		return []parse.Node{n.Node}
	}
	return nil
}

func branches(branch *parse.BranchNode) []parse.Node {
	parts := []parse.Node{branch.Pipe}
	for _, list := range []*parse.ListNode{branch.List, branch.ElseList} {
		if list != nil {
			parts = append(parts, list)
		}
	}
	return parts
}

// reference is a place where a template names a variable.
type reference struct {
	name string
	at   parse.Pos
}

// references are the variables that a template surely reads, in the order of the text, where it does not end before; and the
// names that it may read, because they stand where the dot is something else, or in quotes as for the function index.
func references(root *parse.ListNode) (sure []reference, maybe map[string]bool) {
	maybe = map[string]bool{}
	var walk func(node parse.Node, rooted bool)
	walk = func(node parse.Node, rooted bool) {
		switch n := node.(type) {
		case *parse.FieldNode:
			maybe[n.Ident[0]] = true
			if rooted {
				sure = append(sure, reference{n.Ident[0], n.Pos})
			}
		case *parse.VariableNode:
			if n.Ident[0] == "$" && len(n.Ident) > 1 {
				maybe[n.Ident[1]] = true
				sure = append(sure, reference{n.Ident[1], n.Pos})
			}
		case *parse.StringNode:
			maybe[n.Text] = true
		}
		for _, child := range children(node) {
			walk(child, rooted && !moves(node, child))
		}
	}
	walk(root, true)
	return sure, maybe
}

// moves reports whether the dot is another one in the child than in the node.
func moves(node, child parse.Node) bool {
	switch n := node.(type) {
	case *parse.RangeNode:
		return child == n.List
	case *parse.WithNode:
		return child == n.List
	}
	return false
}
