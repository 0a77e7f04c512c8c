package oracle

// column is a way to fill a machine: how many pods of each kind it holds.
type column struct {
	machine int
	pods    []int
}

// columns lists the ways to fill each machine to which no further pod can be added. Others are not needed: a machine that holds
// less than a column does so at the same price. It returns nil when there are more than most.
func (i *Instance) columns(most int) []column {
	var all []column
	for m := range i.machines {
		f := filler{instance: i, machine: m, pods: make([]int, len(i.kinds)), most: most - len(all)}
		f.fill(0, i.machines[m].room())
		if f.tooMany {
			return nil
		}
		all = append(all, f.found...)
	}
	return all
}

// room is what is left of a machine.
type room struct{ milliCPU, mib, pods int64 }

func (m machine) room() room { return room{m.milliCPU, m.mib, m.pods} }

// filler enumerates the columns of one machine.
type filler struct {
	instance *Instance
	machine  int
	pods     []int
	found    []column
	most     int
	tooMany  bool
}

// fill decides the number of pods of each kind from the given one on.
func (f *filler) fill(from int, left room) {
	if f.tooMany {
		return
	}
	if from == len(f.pods) {
		f.keep(left)
		return
	}
	k := &f.instance.kinds[from]
	for n := f.fit(k, left); n >= 0; n-- {
		f.pods[from] = n
		f.fill(from+1, left.without(k, n))
	}
	f.pods[from] = 0
}

// keep notes the pods chosen when no other pod fits beside them.
func (f *filler) keep(left room) {
	empty := true
	for i := range f.instance.kinds {
		k := &f.instance.kinds[i]
		if f.pods[i] < f.limit(k) && f.fit(k, left) > 0 {
			return
		}
		empty = empty && f.pods[i] == 0
	}
	if empty {
		return
	}
	if len(f.found) == f.most {
		f.tooMany = true
		return
	}
	f.found = append(f.found, column{machine: f.machine, pods: append([]int(nil), f.pods...)})
}

// limit is the number of pods of a kind that may share the machine, whatever their size.
func (f *filler) limit(k *kind) int {
	switch {
	case k.zone != "" && k.zone != f.instance.machines[f.machine].zone:
		return 0
	case k.alone:
		return 1
	default:
		return k.count
	}
}

// fit is the number of pods of a kind for which there is room, and which may share the machine.
func (f *filler) fit(k *kind, left room) int {
	return int(min(int64(f.limit(k)), left.milliCPU/k.milliCPU, left.mib/k.mib, left.pods))
}

func (l room) without(k *kind, n int) room {
	return room{l.milliCPU - int64(n)*k.milliCPU, l.mib - int64(n)*k.mib, l.pods - int64(n)}
}
