// Package tables holds what programs that measure need to show their figures: the machine, durations and quantiles for people, and
// the place in a document where tables go.
package tables
