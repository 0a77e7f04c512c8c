package lifecycle

// What Setup maps changes of other kinds to.
var (
	OfNode  = (*Reconciler).ofNode
	OfGroup = (*Reconciler).ofGroup
)
