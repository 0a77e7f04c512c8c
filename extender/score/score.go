package score

const (
	// Planned is the score of a node for a pod that the node was bought for.
	Planned int64 = 10
	// Neutral is the score of a node of which nothing is known, and of every node for a pod that is exempt. It is the middle
	// of the range that packing gives, so that an unknown node is neither sought nor shunned.
	Neutral int64 = 6
	// Candidate is the score of an empty node whose removal is counted down. It is below every node that stays, so that the
	// countdown is broken off only for a pod that fits nowhere else.
	Candidate int64 = 2
	// Interrupted is the score of a node that is about to be interrupted.
	Interrupted int64 = 1
	// Removed is the score of a node that is being removed.
	Removed int64 = 0
)

// perMille is the whole when shares are counted in thousandths.
const perMille = 1000

// Packing fills the scores of on-demand nodes from packedLeast up to packedMost, and price can lift a node by half a step. Price
// therefore decides only between nodes that are about equally full.
const (
	packedLeast  = 4
	packedMost   = packedLeast + packingSteps
	packingSteps = 4
	// spotStep is what the risk of a spot node costs. It is more than a price is worth: the machine is paid for whether the pod
	// goes there or not, and the pod is what gets interrupted.
	spotStep = 1
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
	case known.Interrupted:
		return Interrupted
	case s.plannedFor(pod.Key, node):
		return Planned
	case known.Candidate:
		return Candidate
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
	const rounding = perMille / 2
	score := min(packedLeast+(packingSteps*tightness+n.cheapness/2+rounding)/perMille, packedMost)
	if n.Spot {
		score -= spotStep
	}
	return score
}

// share is part of whole in thousandths, at most perMille. Of nothing, everything is taken.
func share(part, whole int64) int64 {
	if part >= whole {
		return perMille
	}
	return int64(perMille * (float64(part) / float64(whole)))
}
