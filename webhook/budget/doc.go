// Package budget warns of PodDisruptionBudgets that do something else than their authors think: such as can never allow a disruption and
// so hold every drain for ever, protect nothing, or make evictions fail. It refuses none, as each may be right tomorrow.
//
// Doubts is pure; Handler gathers from caches what it looks at.
package budget
