package orphans

import "time"

// Memory is what earlier looks saw, by subject; nil is that of a process that has just started.
type Memory map[Subject]Sighting

// Sighting is how long something has been without its counterpart.
type Sighting struct {
	// Since is the time of the first look that saw it so, with no look since that did not.
	Since time.Time
	// Times is the number of those looks.
	Times int
}

// minSightings is how many looks it takes at least, however long they are apart.
const minSightings = 2

// ripe reports whether something was seen often and long enough to be believed.
func (s Sighting) ripe(now time.Time, grace time.Duration) bool {
	return s.Times >= minSightings && now.Sub(s.Since) >= grace
}

// again is the sighting after one more look.
func (s Sighting) again(now time.Time) Sighting {
	if s.Times == 0 {
		s.Since = now
	}
	s.Times++
	return s
}
