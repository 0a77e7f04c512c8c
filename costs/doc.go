// Package costs answers what things cost: an offering, a NodeGroup, one offering beside others. It computes from a price list and
// from objects that it is given, and asks nobody. A price that is not known is never taken for zero.
package costs
