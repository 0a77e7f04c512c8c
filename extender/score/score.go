package score

const (
	// Planned is the score of a node for a pod that the node was bought for.
	Planned int64 = 10
	// Neutral is the score of a node of which nothing is known, and of every node for a pod that is exempt. It is the middle
	// of the range that packing gives, so that an unknown node is neither sought nor shunned.
	Neutral int64 = 4
	// Removed is the score of a node that is being removed.
	Removed int64 = 0
)

// perMille is the whole when shares are counted in thousandths.
const perMille = 1000

// Packing fills the scores from packedLeast up to packedLeast+packingSteps, and price can lift a node by one more. Price
// therefore decides only between nodes that are about equally full.
const (
	packedLeast  = 1
	packingSteps = 6
)

// Score says how well the named node suits the pod, from 0 to 10. A nil Snapshot scores everything Neutral.
func (s *Snapshot) Score(pod Pod, node string) int64 {
	if s == nil || pod.Exempt {
		return Neutral
	}
	known, ok := s.nodes[node]
	switch {
	case !ok:
		return Neutral
	case known.Removing:
		return Removed
	case s.plannedFor(pod.Key, node):
		return Planned
	default:
		return known.packing(pod.Request)
	}
}

// packing is the score of a node that the request would be added to.
func (n rated) packing(request Amount) int64 {
	tightness := max(
		share(n.Requested.MilliCPU+request.MilliCPU, n.Allocatable.MilliCPU),
		share(n.Requested.Memory+request.Memory, n.Allocatable.Memory),
	)
	return packedLeast + (packingSteps*tightness+n.cheapness)/perMille
}

// share is part of whole in thousandths, at most perMille. Of nothing, everything is taken.
func share(part, whole int64) int64 {
	if part >= whole {
		return perMille
	}
	return int64(perMille * (float64(part) / float64(whole)))
}
