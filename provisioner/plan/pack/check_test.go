package pack_test

import (
	"fmt"
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/pack"
)

// check recounts a solution from the problem's rules alone and tells the first rule that it breaks.
func check(p *pack.Problem, s *pack.Solution) error {
	if len(s.Left) != len(p.Items) {
		return fmt.Errorf("%d kinds are left over of %d", len(s.Left), len(p.Items))
	}
	placed, spent := make([]int, len(p.Items)), make([]int64, len(p.Budgets))
	for _, b := range s.Bought {
		if b.Times <= 0 || len(b.Loads) == 0 {
			return fmt.Errorf("purchase %+v buys nothing or for nothing", b)
		}
		if err := checkLoads(p, b); err != nil {
			return fmt.Errorf("purchase %+v: %w", b, err)
		}
		for _, l := range b.Loads {
			placed[l.Item] += b.Times * l.Count
		}
		for _, t := range p.Machines[b.Machine].Takes {
			spent[t.Budget] += t.Amount * int64(b.Times)
		}
	}
	for i := range p.Items {
		if placed[i]+s.Left[i] != max(0, p.Items[i].Count) || s.Left[i] < 0 {
			return fmt.Errorf("kind %d: %d placed and %d left of %d", i, placed[i], s.Left[i], p.Items[i].Count)
		}
	}
	for i, n := range spent {
		if n > max(0, p.Budgets[i]) {
			return fmt.Errorf("budget %d: %d spent of %d", i, n, p.Budgets[i])
		}
	}
	return nil
}

func checkLoads(p *pack.Problem, b pack.Purchase) error {
	used := make(pack.Vector, len(p.Machines[b.Machine].Free))
	var kinds []int
	for _, l := range b.Loads {
		item := &p.Items[l.Item]
		switch {
		case l.Count <= 0:
			return fmt.Errorf("%d items of kind %d", l.Count, l.Item)
		case !item.Fits[b.Machine]:
			return fmt.Errorf("kind %d must not be there", l.Item)
		case item.PerMachine > 0 && l.Count > item.PerMachine:
			return fmt.Errorf("too many of kind %d", l.Item)
		case slices.Contains(kinds, l.Item):
			return fmt.Errorf("kind %d is listed twice", l.Item)
		case slices.ContainsFunc(kinds, func(k int) bool { return slices.Contains(item.Excludes, k) }):
			return fmt.Errorf("kind %d meets one that it excludes", l.Item)
		}
		kinds = append(kinds, l.Item)
		for r, amount := range item.Size {
			used[r] += amount * int64(l.Count)
		}
	}
	for r, amount := range used {
		if amount > p.Machines[b.Machine].Free[r] {
			return fmt.Errorf("dimension %d: %d of %d", r, amount, p.Machines[b.Machine].Free[r])
		}
	}
	return nil
}

func cost(p *pack.Problem, s *pack.Solution) int64 {
	sum := int64(0)
	for _, b := range s.Bought {
		sum += p.Machines[b.Machine].Cost * int64(b.Times)
	}
	return sum
}
