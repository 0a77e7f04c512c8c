package unschedulable

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"strings"
	"unique"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

const (
	// toldGroups and toldNodes are how many groups, and how many nodes of each, an explanation names.
	toldGroups = 8
	toldNodes  = 3
	// keptReasons and keptWords bound the words of a plugin that are kept of a group: how many, and the bytes of each.
	keptReasons = 16
	keptWords   = 256
)

// fingerprint tells findings apart.
type fingerprint [sha256.Size]byte

// finding is what kube-scheduler found on the nodes for a pod. It never changes once it is shared.
type finding struct {
	mark  fingerprint
	nodes int
	// groups are the largest first. Their names are sorted, and without the last of them when the finding was cut.
	groups []group
}

// group are nodes that a pod was kept off for the same reasons.
type group struct {
	diagnosis.Group
	// size is how many nodes the group had before it was cut.
	size int
}

// newFinding takes over a report, which it leaves alone.
func newFinding(report *diagnosis.Report) *finding {
	f := &finding{nodes: report.Nodes, groups: make([]group, len(report.Groups))}
	for i, sent := range report.Groups {
		names := make([]string, len(sent.Nodes))
		for at, name := range sent.Nodes {
			names[at] = unique.Make(name).Value() // the same few nodes are in all findings
		}
		slices.Sort(names)
		sent.Reasons, sent.Nodes = clip(sent.Reasons), names
		f.groups[i] = group{Group: sent, size: len(names)}
	}
	slices.SortFunc(f.groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.Plugin, b.Plugin), cmp.Compare(a.Code, b.Code), slices.Compare(a.Reasons, b.Reasons))
	})
	f.mark = f.sum()
	return f
}

// clip copies as much of the words of a plugin as is kept.
func clip(reasons []string) []string {
	kept := make([]string, min(len(reasons), keptReasons))
	for i := range kept {
		kept[i] = strings.Clone(reasons[i][:min(len(reasons[i]), keptWords)])
	}
	return kept
}

// sum is the fingerprint of a finding that is sorted.
func (f *finding) sum() fingerprint {
	sum := sha256.New()
	for i := range f.groups {
		g := &f.groups[i]
		addTexts(sum, g.Plugin, g.Code)
		addTexts(sum, g.Reasons...)
		addTexts(sum, g.Nodes...)
	}
	return fingerprint(sum.Sum(nil))
}

// addTexts adds a list such that no two different lists add the same.
func addTexts(sum hash.Hash, texts ...string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(texts)))
	sum.Write(length[:])
	for _, text := range texts {
		binary.BigEndian.PutUint64(length[:], uint64(len(text)))
		sum.Write(length[:])
		sum.Write([]byte(text))
	}
}

// cut is the finding without what an explanation does not name.
func (f *finding) cut() *finding {
	short := &finding{mark: f.mark, nodes: f.nodes, groups: slices.Clone(f.groups[:min(len(f.groups), toldGroups)])}
	for i := range short.groups {
		g := &short.groups[i]
		g.Nodes = slices.Clone(g.Nodes[:min(len(g.Nodes), toldNodes)])
	}
	return short
}

// size is about how much memory the finding takes, in names of nodes, 16 bytes each.
func (f *finding) size() int {
	const perGroup = 16 // the group itself
	size := 0
	for i := range f.groups {
		g := &f.groups[i]
		size += perGroup + len(g.Nodes)
		for _, reason := range g.Reasons {
			size += 1 + len(reason)/16
		}
	}
	return size
}

// groupOf is the group of a node; nil when the finding does not know the node.
func (f *finding) groupOf(node string) *group {
	for i := range f.groups {
		if _, found := slices.BinarySearch(f.groups[i].Nodes, node); found {
			return &f.groups[i]
		}
	}
	return nil
}

// String tells people what was found, the largest groups and the first of their nodes by name.
func (f *finding) String() string {
	if f.nodes == 0 {
		return "no nodes"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: ", counted(f.nodes, "node"))
	left := f.nodes
	for i := range f.groups[:min(len(f.groups), toldGroups)] {
		g := &f.groups[i]
		if i > 0 {
			text.WriteString("; ")
		}
		fmt.Fprintf(&text, "%d by %s: %s", g.size, g.By(), strings.Join(g.Nodes[:min(len(g.Nodes), toldNodes)], ", "))
		if more := g.size - toldNodes; more > 0 {
			fmt.Fprintf(&text, " and %d more", more)
		}
		left -= g.size
	}
	if left > 0 {
		fmt.Fprintf(&text, "; %d for other reasons", left)
	}
	return text.String()
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
