package postfilter

import (
	"cmp"
	"hash/maphash"
	"slices"

	fwk "k8s.io/kube-scheduler/framework"

	"github.com/vpsie/vpsie-autoscaler/extender/diagnosis"
)

// kind is what nodes of one group have in common, but for the reasons after the first, so that no text is put together for it.
type kind struct {
	plugin string
	code   fwk.Code
	reason string
}

// group sorts nodes by what keeps the pod off them. It runs within the scheduling cycle, and so leaves all else to tidy.
func group(nodes []fwk.NodeInfo, statuses fwk.NodeToStatusReader) []diagnosis.Group {
	var groups []diagnosis.Group
	places := map[kind][]int{}
	for _, node := range nodes {
		name := node.Node().Name
		status := statuses.Get(name)
		reasons := status.Reasons()
		k := kind{plugin: status.Plugin(), code: status.Code()}
		if len(reasons) > 0 {
			k.reason = reasons[0]
		}
		alike := slices.IndexFunc(places[k], func(at int) bool { return slices.Equal(groups[at].Reasons, reasons) })
		if alike < 0 {
			alike = len(places[k])
			places[k] = append(places[k], len(groups))
			groups = append(groups, diagnosis.Group{Plugin: k.plugin, Code: k.code.String(), Reasons: slices.Clone(reasons)})
		}
		at := places[k][alike]
		groups[at].Nodes = append(groups[at].Nodes, name)
	}
	return groups
}

// tidy brings groups in an order that depends on nothing but their contents.
func tidy(groups []diagnosis.Group) {
	for i := range groups {
		slices.Sort(groups[i].Nodes)
	}
	slices.SortFunc(groups, func(a, b diagnosis.Group) int {
		return cmp.Or(cmp.Compare(a.Plugin, b.Plugin), cmp.Compare(a.Code, b.Code), slices.Compare(a.Reasons, b.Reasons))
	})
}

// mark tells diagnoses apart, within this process.
type mark uint64

var seed = maphash.MakeSeed()

// markOf is the same for the same groups, whatever their order.
func markOf(groups []diagnosis.Group) mark {
	type membership struct {
		group uint64
		node  string
	}
	var sum uint64
	for i := range groups {
		g := &groups[i]
		var words maphash.Hash
		words.SetSeed(seed)
		for _, word := range append([]string{g.Plugin, g.Code}, g.Reasons...) {
			maphash.WriteComparable(&words, word)
		}
		for _, node := range g.Nodes {
			sum += maphash.Comparable(seed, membership{words.Sum64(), node})
		}
	}
	return mark(sum)
}
