package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
)

// namesInMessage is how many groups or offerings a message names before it only counts them.
const namesInMessage = 3

// leftOver gives each pod that found no place the one reason that, once removed, would help most.
func (r *run) leftOver() []Unplaced {
	var left []Unplaced
	for class := range r.p.classes {
		c := &r.p.classes[class]
		for _, pod := range c.next(r.preempting[class]) {
			left = append(left, Unplaced{Pod: pod, Reason: ReasonPreemption,
				Message: fmt.Sprintf("kube-scheduler will make room by preempting pods of a priority below %d", c.priority)})
		}
		if r.left[class] == 0 {
			continue
		}
		reason, message := r.explain(class)
		for _, pod := range c.next(r.left[class]) {
			left = append(left, Unplaced{Pod: pod, Reason: reason, Message: message})
		}
	}
	return left
}

// explain asks in turn: does any group's node admit the pod, is any offering large enough, do the rules about its neighbours let it
// on a new node, may any of the groups grow, is any offering on sale? When all are true, only a limit of the cluster is left.
func (r *run) explain(class int) (Reason, string) {
	p := r.p
	needs := p.classes[class].needs
	if p.classes[class].belowCutoff {
		return ReasonBelowCutoff, fmt.Sprintf("its priority %d is below the cutoff: no node is bought for it", p.classes[class].priority)
	}
	if !slices.Contains(p.suits.row(needs), true) {
		return p.noMatch(needs)
	}
	var fitting []int
	for c, fits := range p.fits.row(class) {
		if fits {
			fitting = append(fitting, c)
		}
	}
	if len(fitting) == 0 {
		return ReasonTooLarge, p.tooLarge(class)
	}
	allowed, broken := r.allowedOf(class, fitting)
	if len(allowed) == 0 {
		return r.broken(class, broken)
	}
	return r.withheld(allowed)
}

// allowedOf keeps the candidates whose new node the rules about neighbours would let a pod of the class on, and gives the rule
// that the first one breaks.
func (r *run) allowedOf(class int, candidates []int) (allowed []int, broken topology.Verdict) {
	for _, c := range candidates {
		verdict := r.allowsNew(class, c)
		if claims := r.p.classes[class].claims; claims != nil {
			if _, ok := claims.Bind(r.p.candidates[c].host.node, r.taken); !ok {
				verdict = topology.BreaksVolume
			}
		}
		if verdict == topology.Allowed {
			allowed = append(allowed, c)
		} else if broken == topology.Allowed {
			broken = verdict
		}
	}
	return allowed, broken
}

// broken says which rule about neighbours keeps a pod off every new node.
func (r *run) broken(class int, verdict topology.Verdict) (Reason, string) {
	const nowhere = "no node that exists or could be bought satisfies "
	spec := &r.p.classes[class].pods[0].Spec
	switch verdict {
	case topology.BreaksSpread:
		keys := make([]string, 0, len(spec.TopologySpreadConstraints))
		for i := range spec.TopologySpreadConstraints {
			if c := &spec.TopologySpreadConstraints[i]; c.WhenUnsatisfiable != corev1.ScheduleAnyway {
				keys = append(keys, fmt.Sprintf("%s with maxSkew %d", c.TopologyKey, c.MaxSkew))
			}
		}
		return ReasonTopologySpread, nowhere + "spec.topologySpreadConstraints: " + shorten(keys, ", ")
	case topology.BreaksAffinity:
		return ReasonPodAffinity, nowhere + "spec.affinity.podAffinity: the pods to be near to are elsewhere, or there is no room near them"
	case topology.BreaksAntiAffinity:
		return ReasonPodAntiAffinity, nowhere + "spec.affinity.podAntiAffinity of the pod, or of pods that are there: " +
			"every topology domain that would do is taken"
	case topology.BreaksHostPort:
		return ReasonHostPort, "a DaemonSet takes a host port of the pod on every node that would do"
	default:
		return ReasonVolumes, "a volume of the pod is in use by another pod and cannot be shared"
	}
}

// withheld says what keeps candidates that would do from being bought.
func (r *run) withheld(candidates []int) (Reason, string) {
	var growing, onSale []int
	for _, c := range candidates {
		g := r.p.candidates[c].group
		if !r.p.groups[g].ScaleUp || r.budget[g] <= 0 {
			continue
		}
		growing = append(growing, c)
		if !r.p.candidates[c].offering.SoldOut {
			onSale = append(onSale, c)
		}
	}
	switch {
	case len(growing) == 0:
		return ReasonGroupLimit, r.p.groupLimits(candidates)
	case len(onSale) == 0:
		return ReasonSoldOut, "sold out: " + r.p.offeringNames(growing)
	case r.budget.short(r.p.candidates[onSale[0]].takes) < 0:
		return ReasonTopologySpread, "wherever it could go, it would be one pod too many for spread or affinity rules of other pods"
	default:
		return ReasonClusterLimit, r.clusterLimit(onSale[0])
	}
}

// clusterLimit says which limit of the cluster keeps a candidate from being bought.
func (r *run) clusterLimit(c int) string {
	switch limit := r.budget.short(r.p.candidates[c].takes) - len(r.p.groups); limit {
	case 0:
		return fmt.Sprintf("this plan already buys %d nodes, as many as one plan may; the next one continues", r.p.limits.MaxNewNodes)
	case 1:
		return fmt.Sprintf("the cluster may have %d nodes, and has or gets as many", r.p.limits.MaxNodes)
	default:
		name := r.p.limited[limit-2]
		most := r.p.limits.MaxResources[name]
		return fmt.Sprintf("the cluster may have %s %s, and another node would go beyond", most.String(), name)
	}
}

// noMatch describes the candidate that comes closest to the needs; among equals it is the cheapest.
func (p *problem) noMatch(needs int) (Reason, string) {
	if len(p.groups) == 0 {
		return ReasonNoMatchingGroup, "there is no node group"
	}
	if len(p.candidates) == 0 {
		return ReasonNoMatchingGroup, fmt.Sprintf("node group %s has no offering in datacenter %s", p.groups[0].Key, p.groups[0].DatacenterID)
	}
	nearest, best := 0, failsSelector
	for c := range p.candidates {
		if m := p.needs[needs].compare(&p.candidates[c].host); m > best {
			nearest, best = c, m
		}
	}
	c := &p.candidates[nearest]
	reason := ReasonNoMatchingGroup
	if best == failsVolumes {
		reason = ReasonVolumes
	}
	return reason, fmt.Sprintf("node group %s with offering %s is nearest, but %s",
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
	if driver, ok := attachDriver(name); ok {
		return fmt.Sprintf("%d volumes of CSI driver %s", amount, driver)
	}
	if name == corev1.ResourceCPU {
		return strconv.FormatFloat(float64(amount)/1000, 'f', -1, 64) + " cpu"
	}
	q := quantity(name, amount)
	return q.String() + " " + string(name)
}
