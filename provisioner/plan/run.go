package plan

import (
	"slices"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/topology"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

// run is one attempt to place the pods of a problem: what is where so far. The problem itself is never changed by it.
type run struct {
	p         *problem
	ledger    *topology.Ledger
	spots     []spot // the nodes that exist or are on their way, in the order of problem.nodes, and then those bought
	prospects []prospect
	// lowest is the priority of the groups that are being bought from: zones of groups below it do not count yet.
	lowest int
	budget budget
	left   []int // pods of each class that have no place
	admits *admission
	// preempting counts the pods of each class for which kube-scheduler will make room.
	preempting []int
	// solved counts the problems that were packed, or something that stands for one; proved is the bound of the last one.
	solved int
	proved float64
	// tied is where claims are that several waiting pods use, taken who has which of the volumes that wait for a claim.
	tied  map[string]topology.Host
	taken map[string]string
}

// spot is a node that pods are put on.
type spot struct {
	candidate int // what was bought, or existing
	host      *host
	free      vector
	at        topology.Host
	cell      string
	loads     []load
	early     []load              // of loads, those that came before anything was bought
	desired   bool                // bought for the size of its group, so that it stays even without pods
	handles   map[attachment]bool // shared volumes that are attached
}

// existing is the candidate of a spot that was not bought.
const existing = -1

// load is a number of pods of one class.
type load struct{ class, pods int }

func (p *problem) newRun() *run {
	r := &run{p: p, ledger: p.table.NewLedger(), budget: p.start.clone(), left: make([]int, len(p.classes)), admits: p.newAdmission(),
		preempting: make([]int, len(p.classes))}
	r.ledger.Adopt(p.ledger)
	for i := range p.classes {
		r.left[i] = len(p.classes[i].pods)
	}
	r.spots = make([]spot, 0, len(p.nodes))
	for i := range p.nodes {
		t := p.nodes[i]
		s := spot{candidate: existing, host: &t.host, free: slices.Clone(t.free), at: r.ledger.Add(t.template)}
		if !p.table.Empty() {
			s.cell = r.ledger.Cell(t.template)
			r.putRunning(t, s.at)
		}
		for a := range t.handles {
			s.attach(a)
		}
		r.spots = append(r.spots, s)
	}
	return r
}

func (r *run) putRunning(t *target, at topology.Host) {
	for _, k := range t.digest.kin {
		r.ledger.PutMatched(&r.p.families[k.family], at, k.pods, k.living)
	}
	for _, pod := range t.digest.avoiding {
		r.ledger.PutAvoiding(pod, at, 1)
	}
	for _, pod := range t.digest.holding {
		r.ledger.PutHolding(pod, tokens(r.p.storage.demand(pod)), at, 1)
	}
	r.putDaemons(t.daemons, at, 1)
}

func (r *run) putDaemons(daemons []int, at topology.Host, n int) {
	if r.p.table.Empty() {
		return
	}
	for _, i := range daemons {
		d := &r.p.daemons[i]
		match := r.p.table.Match(d.pod)
		r.ledger.PutMatched(&match, at, n, n)
		r.ledger.PutAvoiding(d.pod, at, n)
		r.ledger.PutHolding(d.pod, d.tokens, at, n)
	}
}

// buy adds a new node of the candidate.
func (r *run) buy(c int) int {
	bought := &r.p.candidates[c]
	r.budget.spend(bought.takes, 1)
	s := spot{candidate: c, host: &bought.host, free: slices.Clone(bought.free), at: r.ledger.Add(bought.template)}
	if !r.p.table.Empty() {
		s.cell = r.ledger.Cell(bought.template)
		r.putDaemons(bought.daemons, s.at, 1)
	}
	r.spots = append(r.spots, s)
	return len(r.spots) - 1
}

// returns undoes the purchase of a node that holds no pods.
func (r *run) returns(at int) {
	s := &r.spots[at]
	bought := &r.p.candidates[s.candidate]
	r.budget.spend(bought.takes, -1)
	r.putDaemons(bought.daemons, s.at, -1)
	r.ledger.Close(s.at)
}

// room is the number of pods of the class, at most limit, for which a spot has the resources and the volumes.
func (r *run) room(class, at, limit int) int {
	c, s := &r.p.classes[class], &r.spots[at]
	if len(c.shared) == 0 && c.claims == nil || limit == 0 {
		return copies(s.free, c.req, limit)
	}
	if !holds(s.free, r.effective(c, s)) || c.claims != nil && !r.claimable(c.claims, at) {
		return 0
	}
	return 1
}

// claimable tells whether the claims of a pod can be had on a spot.
func (r *run) claimable(d *volumes.Demand, at int) bool {
	for _, claim := range d.Unbound {
		if tied, ok := r.tied[claim]; ok && tied != r.spots[at].at {
			return false
		}
	}
	_, ok := d.Bind(r.spots[at].host.node, r.taken)
	return ok
}

// claim notes the volumes that a pod on a spot takes, and to where its claims are tied now.
func (r *run) claim(d *volumes.Demand, at int) {
	if r.tied == nil {
		r.tied, r.taken = map[string]topology.Host{}, map[string]string{}
	}
	for _, claim := range d.Unbound {
		r.tied[claim] = r.spots[at].at
	}
	bindings, _ := d.Bind(r.spots[at].host.node, r.taken)
	for _, b := range bindings {
		r.taken[b.Volume] = b.Claim
	}
}

// effective is what one more pod of a class takes from a spot: volumes that are attached already cost nothing.
func (r *run) effective(c *class, s *spot) vector {
	if len(c.shared) == 0 || len(s.handles) == 0 {
		return c.req
	}
	req := slices.Clone(c.req)
	for _, a := range c.shared {
		if s.handles[a] {
			req[r.p.axis.index(attachName(a.Driver))]--
		}
	}
	return req
}

func (s *spot) attach(a attachment) {
	if s.handles == nil {
		s.handles = map[attachment]bool{}
	}
	s.handles[a] = true
}

// admitted tells whether labels, taints and volumes let pods of the class on a spot.
func (r *run) admitted(class, at int) bool {
	needs := r.p.classes[class].needs
	if c := r.spots[at].candidate; c != existing {
		return r.p.suits.row(needs)[c]
	}
	return r.admits.ask(needs, at)
}

// put places n pods of a class on a spot. The caller has made sure that they may go there.
func (r *run) put(class, at, n int) {
	if n == 0 {
		return
	}
	c, s := &r.p.classes[class], &r.spots[at]
	take(s.free, r.effective(c, s), n)
	for _, a := range c.shared {
		s.attach(a)
	}
	if c.claims != nil {
		r.claim(c.claims, at)
	}
	r.ledger.Put(c.profile, s.at, n)
	r.left[class] -= n
	for i := range s.loads {
		if s.loads[i].class == class {
			s.loads[i].pods += n
			return
		}
	}
	s.loads = append(s.loads, load{class, n})
}

// admission remembers which needs each node admits. It is asked only where there is room, which is far from everywhere.
type admission struct {
	p     *problem
	known table
	value table
}

func (p *problem) newAdmission() *admission {
	return &admission{p: p, known: newTable(len(p.needs), len(p.nodes)), value: newTable(len(p.needs), len(p.nodes))}
}

func (a *admission) ask(needs, node int) bool {
	known, value := a.known.row(needs), a.value.row(needs)
	if !known[node] {
		known[node] = true
		value[node] = a.p.needs[needs].admits(&a.p.nodes[node].host)
	}
	return value[node]
}
