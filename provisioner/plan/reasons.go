package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// namesInMessage is how many groups or offerings a message names before it only counts them.
const namesInMessage = 3

// leftOver gives each pod that found no place the one reason that, once removed, would help most.
func (p *problem) leftOver(b *budget) []Unplaced {
	var left []Unplaced
	for i := range p.classes {
		c := &p.classes[i]
		if c.rest() == 0 {
			continue
		}
		reason, message := p.explain(i, b)
		for _, pod := range c.next(c.rest()) {
			left = append(left, Unplaced{Pod: pod, Reason: reason, Message: message})
		}
	}
	return left
}

// explain asks in turn: does any group's node admit the pod, is any offering large enough, may any of their groups grow, is any
// of theirs on sale? When all are true, only the limit of the plan is left.
func (p *problem) explain(class int, b *budget) (Reason, string) {
	needs := p.classes[class].needs
	if !slices.Contains(p.suits.row(needs), true) {
		return ReasonNoMatchingGroup, p.noMatch(needs)
	}
	var fitting, growing, onSale []int
	for c, fits := range p.fits.row(class) {
		if !fits {
			continue
		}
		fitting = append(fitting, c)
		g := p.candidates[c].group
		if !p.groups[g].ScaleUp || b.rooms[g] <= 0 {
			continue
		}
		growing = append(growing, c)
		if !p.candidates[c].offering.SoldOut {
			onSale = append(onSale, c)
		}
	}
	switch {
	case len(fitting) == 0:
		return ReasonTooLarge, p.tooLarge(class)
	case len(growing) == 0:
		return ReasonGroupLimit, p.groupLimits(fitting)
	case len(onSale) == 0:
		return ReasonSoldOut, "sold out: " + p.offeringNames(growing)
	default:
		return ReasonClusterLimit, fmt.Sprintf("this plan already buys %d nodes, as many as one plan may; the next one continues", p.limits.MaxNewNodes)
	}
}

// noMatch describes the candidate that comes closest to the needs; among equals it is the cheapest.
func (p *problem) noMatch(needs int) string {
	if len(p.groups) == 0 {
		return "there is no node group"
	}
	if len(p.candidates) == 0 {
		return fmt.Sprintf("node group %s has no offering in datacenter %s", p.groups[0].Key, p.groups[0].DatacenterID)
	}
	nearest, best := 0, failsSelector
	for c := range p.candidates {
		if m := p.needs[needs].compare(&p.candidates[c].host); m > best {
			nearest, best = c, m
		}
	}
	c := &p.candidates[nearest]
	return fmt.Sprintf("node group %s with offering %s is nearest, but %s",
		p.groups[c.group].Key, c.offering.label(), p.needs[needs].explain(&c.host))
}

// tooLarge names the suitable offering that lacks least and what it lacks.
func (p *problem) tooLarge(class int) string {
	req := p.classes[class].req
	nearest, least := -1, math.Inf(1)
	for c, suits := range p.suits.row(p.classes[class].needs) {
		if lack := share(req, p.candidates[c].free); suits && (nearest < 0 || lack < least) {
			nearest, least = c, lack
		}
	}
	c := &p.candidates[nearest]
	var wants, leaves []string
	for r, name := range p.axis.names {
		if req[r] > c.free[r] {
			wants = append(wants, describe(name, req[r]))
			leaves = append(leaves, describe(name, c.free[r]))
		}
	}
	return fmt.Sprintf("needs %s, the largest suitable offering %s leaves %s",
		strings.Join(wants, " and "), c.offering.label(), strings.Join(leaves, " and "))
}

// groupLimits names the groups of the candidates and what keeps each from growing.
func (p *problem) groupLimits(candidates []int) string {
	var limits []string
	for _, c := range candidates {
		g := p.groups[p.candidates[c].group]
		limit := limitOf(g)
		if !slices.Contains(limits, limit) {
			limits = append(limits, limit)
		}
	}
	slices.Sort(limits)
	return shorten(limits, "; ")
}

// limitOf says what keeps a group without room from growing.
func limitOf(g *Group) string {
	if !g.ScaleUp {
		return "scale-up of node group " + g.Key + " is switched off"
	}
	return fmt.Sprintf("node group %s is at maxNodes %d", g.Key, g.Max)
}

func (p *problem) offeringNames(candidates []int) string {
	var names []string
	for _, c := range candidates {
		if name := p.candidates[c].offering.label(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return shorten(names, ", ")
}

func shorten(names []string, separator string) string {
	if more := len(names) - namesInMessage; more > 0 {
		return strings.Join(names[:namesInMessage], separator) + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, separator)
}

// label is the name of an offering for people.
func (o *Offering) label() string {
	if o.Name != "" {
		return o.Name
	}
	return o.ID
}

// describe is an amount with its resource, for example "15.1 cpu" or "32Gi memory".
func describe(name corev1.ResourceName, amount int64) string {
	if name == corev1.ResourceCPU {
		return strconv.FormatFloat(float64(amount)/1000, 'f', -1, 64) + " cpu"
	}
	q := quantity(name, amount)
	return q.String() + " " + string(name)
}
