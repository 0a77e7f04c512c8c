package scenario

// finish puts the parts together and checks what one says about another.
func (r *reader) finish() {
	switch m := &r.market; {
	case !r.given["offerings"]:
		r.keep(Fault{Line: 1, Column: 1}, "key \"offerings\" is missing: say what can be bought, at which price")
	case len(m.offeringIDs) == 0 && len(r.faults) == 0:
		r.keep(Fault{Line: 1, Column: 1, Path: "offerings"}, "the list is empty: say what can be bought, at which price")
	case m.nowhere != nil && len(m.datacenters) > 0:
		r.keep(*m.nowhere, "this offering has no datacenterID but others have one: give it to all or to none")
	}
	if !r.given["pods"] {
		r.keep(Fault{Line: 1, Column: 1}, "key \"pods\" is missing: list the pods that need nodes ([] for none)")
	}
	if len(r.faults) > 0 {
		return
	}
	r.placeBound()
	r.addGroups()
}
