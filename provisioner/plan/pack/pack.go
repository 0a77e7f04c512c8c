// Package pack chooses the cheapest machines that hold a number of items: bin packing in several dimensions with machines of many
// sizes, few kinds of items and many of each kind. It knows nothing of Kubernetes; package plan turns pods into items and what
// can be bought into machines.
package pack

// Problem is what to pack and what may be bought. It is never changed.
type Problem struct {
	// Items are the kinds of items.
	Items []Item
	// Machines are the kinds of machines, the cheapest first.
	Machines []Machine
	// Budgets bound what may be bought: how many machines of a pool, how many at all, how much of a resource. Each machine says
	// what it takes from which budget.
	Budgets []int64
}

// Vector holds one amount for each dimension. All vectors of a problem have the same length.
type Vector []int64

// Item is a kind of items.
type Item struct {
	// Size is what one of them takes from a machine; no amount is negative.
	Size Vector
	// Count is how many there are.
	Count int
	// PerMachine is how many of them one machine may hold whatever its size; zero means any number.
	PerMachine int
	// Excludes are the indexes of other kinds of which none may share a machine with one of these. The relation is symmetric, and
	// both sides list it.
	Excludes []int
	// Fits says for each machine whether it may hold these items. It may be true where there is no room for one.
	Fits []bool
}

// Machine is a kind of machines.
type Machine struct {
	// Free is the room for items; no amount is negative.
	Free Vector
	// Cost is what one costs, in billionths of a currency unit an hour; it may be zero.
	Cost int64
	// Takes is what one takes from the budgets, no budget twice.
	Takes []Take
}

// Take is an amount taken from a budget.
type Take struct {
	Budget int
	Amount int64
}

// Solution is a set of machines to buy.
type Solution struct {
	Bought []Purchase
	// Left is for each kind the number of items that found no place, because no machine can hold one or the budgets do not allow it.
	Left []int
	// Bound is a cost below which no machines within the budgets hold the items that found a place, as LowerBound gives it.
	Bound float64
}

// Purchase is a number of equal machines that are filled in the same way.
type Purchase struct {
	Machine int
	Times   int
	// Loads are the items in one of them, no kind twice.
	Loads []Load
}

// Load is a number of items of one kind.
type Load struct{ Item, Count int }
